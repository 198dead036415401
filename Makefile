# Crosswalk: what one types. POSIX make; needs Python 3.11 or newer and, once, the network for pip.

PYTHON ?= python3
BIN = .venv/bin
PORT ?= 8000
PYTEST_ARGS ?= -n auto
TEST_DATABASE_URL ?= postgres://postgres@127.0.0.1:5432/postgres
TEST_REDIS_URL ?= redis://127.0.0.1:6379/15
ROOMS = config integrations mappings audit
CODE = $(ROOMS) benchmarks tests manage.py .ci/services.py

.PHONY: help setup setup-dev demo run test test-sqlite test-postgres lint e2e bench lock

help:
	@echo "make demo   everything on this machine, with simulated vendors and traffic"
	@echo "make run    web server and workers, no demo data"
	@echo "make test   all tests on SQLite, and on PostgreSQL with Redis where they answer"
	@echo "make lint   style, types, imports between rooms, migrations"
	@echo "make e2e    the pages in a real browser"
	@echo "make bench  how fast it is on this machine"
	@echo "make lock   write the lock files again after a change in pyproject.toml"

setup: .venv/.installed

setup-dev: .venv/.installed-dev

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Crosswalk needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`." >&2; \
	  echo "Install one and name it: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/.installed: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed-dev: .venv/bin/python requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: setup
	@exec $(BIN)/python manage.py demo

run: setup
	$(BIN)/python manage.py migrate --verbosity 0
	@exec $(BIN)/python manage.py run --port $(PORT)

test: test-sqlite test-postgres

test-sqlite: setup-dev
	@echo "--- tests on SQLite"
	env -u DATABASE_URL -u REDIS_URL $(BIN)/python -m pytest $(PYTEST_ARGS)

test-postgres: setup-dev
	@if $(BIN)/python .ci/services.py "$(TEST_DATABASE_URL)" "$(TEST_REDIS_URL)"; then \
	  echo "--- tests on PostgreSQL and Redis"; \
	  DATABASE_URL="$(TEST_DATABASE_URL)" REDIS_URL="$(TEST_REDIS_URL)" $(BIN)/python -m pytest $(PYTEST_ARGS); \
	elif [ "$$CI" = true ]; then \
	  echo "In CI both must answer." >&2; exit 1; \
	else \
	  echo "--- tests on PostgreSQL and Redis left out: they do not answer on this machine"; \
	fi

lint: setup-dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(ROOMS)
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

e2e: setup-dev
	$(BIN)/python -m pytest -m browser $(PYTEST_ARGS)

bench: setup-dev
	$(BIN)/python -m benchmarks

lock: setup-dev
	$(BIN)/uv pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes --no-header \
	  --no-annotate -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --python-version 3.11 --universal --generate-hashes --no-header \
	  --no-annotate -o requirements-dev.txt
