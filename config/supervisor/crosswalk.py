"""Crosswalk as a list of programs: the web server on an open socket, and one cluster per lane."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from django.conf import settings
from django.db import Error
from django_q.tasks import async_task

from audit.restarts import note_restart

from .lane import run_lane
from .parent import Parent
from .preload import close_all, preload
from .processes import Program
from .runtime import RuntimeDirectory
from .web import run_web

logger = logging.getLogger("crosswalk.run")

LAST_PORT = 65_535
QUESTIONS = 20  # with several hosts on one queue, so many that a lane which works gets one of them


class PortTaken(Exception):
    """The web server's address cannot be had."""


def supervise(
    host: str, port: int, announce: Callable[[str], object], with_web: bool = True, also: Sequence[Program] = ()
) -> None:
    """Run everything until SIGTERM or SIGINT. Raises AlreadyRunning or PortTaken before anything is started."""
    runtime = RuntimeDirectory.from_environment()
    programs = [*also, *(lane_program(lane, runtime) for lane in settings.LANES)]
    with runtime.owned(), ExitStack() as until_the_end:
        if with_web:
            listener = until_the_end.enter_context(open_port(host, port))
            announce(f"Crosswalk is at {address_of(listener)} (Ctrl-C stops it)")
            programs.append(web_program(listener))
        preload()
        Parent(programs, runtime, wake_lane, note=note_for_dashboard).run()


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket. The parent keeps it, so that callers wait while the web server starts again."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if not 0 <= port <= LAST_PORT:
        raise PortTaken(f"There is no port {port}: choose one up to {LAST_PORT} with --port.")
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken(f"Cannot listen on port {port} of {host}: {error}. Choose another with --port.") from error


def address_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def web_program(listener: socket.socket) -> Program:
    return Program("web", descriptors=(listener.fileno(),), main=partial(run_web, listener.fileno()))


def lane_program(lane: str, runtime: RuntimeDirectory) -> Program:
    environment = {"Q_CLUSTER_NAME": lane, "CROSSWALK_RUNTIME_DIR": str(runtime.path.resolve())}
    return Program(lane, environment=environment, lane=lane, main=partial(run_lane, lane, runtime))


def wake_lane(lane: str, seems_quiet: bool) -> None:
    """Ask the lane to do what is due; ask it more often, with nothing to do, when it did not answer for a while."""
    try:
        async_task(settings.DRAIN_TASK, lane, cluster=lane, save=False, ack_failure=True)
        for _ in range(QUESTIONS if seems_quiet else 0):
            async_task("config.supervisor.lane.answer", cluster=lane, save=False, ack_failure=True)
    finally:
        close_all()  # the parent forks


def note_for_dashboard(child: str, reason: str) -> None:
    """The runtime directory has it in any case; where the database is away, only that."""
    try:
        note_restart(child, reason)
    except Error as error:
        logger.warning("The dashboard does not hear of it (%s).", type(error).__name__)
    finally:
        close_all()  # the parent forks
