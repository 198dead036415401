"""What `make demo` sets up, beside the web server and the workers: simulated vendors, a user, and traffic."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests
from django.contrib.auth import get_user_model
from django.core.management import call_command

from integrations.clients import open_client
from integrations.models import Connection
from integrations.sandbox.traffic import play
from integrations.tokens import callback_url

from .environment import BASE_DIR
from .supervisor.processes import Program

HOME = BASE_DIR / "var" / "demo"
SANDBOX_PORT = 9100  # as demo.yaml has it
SANDBOX_URL = f"http://127.0.0.1:{SANDBOX_PORT}"
USER = "admin"
MINUTES = 3.0
_PATIENCE = 60.0
Say = Callable[[str], None]


def environment(host: str, port: int) -> dict[str, str]:
    """A place of its own for everything the demo keeps, empty at each start."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    return {
        **os.environ,
        "CROSSWALK_DEMO": "1",
        "DEBUG": "1",
        "DATABASE_URL": f"sqlite:///{HOME / 'crosswalk.sqlite3'}",
        "REDIS_URL": "",
        "PUBLIC_URL": f"http://{host}:{port}",
        "CROSSWALK_RUNTIME_DIR": str(HOME / "run"),
        "DEMO_PASSWORD": secrets.token_urlsafe(9),
    }


def sandbox_program() -> Program:
    command = (sys.executable, str(BASE_DIR / "manage.py"), "sandbox", "--port", str(SANDBOX_PORT))
    return Program("sandbox", (*command, "--state", str(HOME / "sandbox.sqlite3")))


def stage_program(minutes: float) -> Program:
    """Sets the scene and plays the traffic, in a process of its own."""
    command = (sys.executable, str(BASE_DIR / "manage.py"), "demo", "--stage", "--minutes", str(minutes))
    return Program("stage", command)


def prepare() -> None:
    """The tables and the user."""
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser(USER, "admin@example.com", os.environ["DEMO_PASSWORD"])


def perform(public_url: str, minutes: float, say: Say) -> None:
    """Connect the simulated vendors as demo.yaml says, tell who can log in where, and play the traffic."""
    _wait_for(f"{SANDBOX_URL}/control")
    _wait_for(f"{public_url}/healthz")
    call_command("config", "apply", str(Path(BASE_DIR) / "demo.yaml"))
    getresponse, responder = (Connection.objects.get(name=f"{slug}-main") for slug in ("getresponse", "responder"))
    open_client(getresponse).register_callback(callback_url(getresponse))
    for connection in Connection.objects.order_by("name"):
        call_command("connection", "test", connection.name)
    say(_welcome(public_url))
    play(SANDBOX_URL, minutes, say, callback_url(responder))
    say("That was all of the traffic. Crosswalk goes on; make some more at the sandbox. Ctrl-C stops everything.")


def _welcome(public_url: str) -> str:
    return f"""
    Crosswalk   {public_url}/admin/
    user        {USER}
    password    {os.environ["DEMO_PASSWORD"]}
    sandbox     {SANDBOX_URL}/   the four simulated vendors, with switches to make them fail
    Ctrl-C stops everything.
"""


def _wait_for(url: str) -> None:
    """Until the address answers. Raises TimeoutError."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer within {_PATIENCE:.0f} seconds.")
