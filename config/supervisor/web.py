"""How gunicorn serves Crosswalk under the parent: `gunicorn config.wsgi --config python:config.supervisor.web`."""

import os
import sys

from config.logs import logging_config

worker_class = "gthread"
workers = 2
threads = 8
timeout = 30
graceful_timeout = 10
keepalive = 5
control_socket_disable = True  # it would be one file per user, shared by every gunicorn of that user
logconfig_dict = logging_config(os.environ.get("LOG_FORMAT") or "text", debug=False)


def run_web(descriptor: int) -> None:
    """Be gunicorn on an open socket until SIGTERM. What the parent had loaded is not loaded again."""
    from gunicorn.app.wsgiapp import run

    sys.argv = ["gunicorn", "config.wsgi", "--config", f"python:{__name__}", "--bind", f"fd://{descriptor}"]
    run()
