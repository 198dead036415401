"""Lock files carry versions and hashes, and no address of any index or machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
FORBIDDEN = re.compile(
    r"""://                                    # an address
    | (?<!\S)(--(extra-)?index(-url)?|-i)\b    # an index
    | --find-links | (?<!\S)-f\b | --trusted-host
    | @\s*file: | \bfile:/
    | (?<!\S)["']?(/|~/|[A-Za-z]:\\)           # an absolute path""",
    re.VERBOSE,
)
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)(\[[a-z,]+\])?==(?P<version>\S+)")


def lock_files() -> list[Path]:
    by_hand = [path for pattern in ("requirements*.txt", "*/requirements*.txt") for path in TOP.glob(pattern)]
    by_npm = [path for path in TOP.glob("tests/**/package-lock.json") if "node_modules" not in path.parts]
    return sorted(by_hand + by_npm)


def offences(text: str) -> list[str]:
    return [line for line in text.splitlines() if FORBIDDEN.search(line)]


def pins(name: str) -> dict[str, str]:
    lines = (TOP / name).read_text().splitlines()
    found = [PIN.match(line) for line in lines if line and not line[0].isspace()]
    assert all(found), "every package is pinned with =="
    return {match["name"]: match["version"] for match in found if match}


@pytest.mark.parametrize("path", lock_files(), ids=lambda path: str(path.relative_to(TOP)))
def test_a_lock_file_names_no_address(path: Path) -> None:
    assert offences(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url x",
        "--extra-index-url x",
        "-i x",
        "--find-links wheels",
        "-f wheels",
        "--trusted-host example.com",
        "django @ https://example.com/django.whl",
        "django @ file:django.whl",
        "/srv/wheels/django.whl",
        '      "resolved": "https://example.com/jsforce.tgz",',
        '      "resolved": "/srv/jsforce.tgz",',
        "C:\\wheels\\django.whl",
    ],
)
def test_an_address_would_be_seen(line: str) -> None:
    assert offences(line) == [line]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_and_has_a_hash(name: str) -> None:
    packages = re.split(r"\n(?=\S)", (TOP / name).read_text().strip())
    assert packages
    assert [package for package in packages if "--hash=sha256:" not in package] == []


def test_the_tests_run_on_the_versions_that_production_gets() -> None:
    production, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert production.items() <= development.items()
