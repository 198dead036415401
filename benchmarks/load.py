"""Posts callbacks: as fast as they are answered on so many connections, or so many a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from .http import Reader, request

CONNECTIONS = 16
PATIENCE = 120.0  # seconds until a load that is stuck is given up


@dataclass(frozen=True)
class Post:
    """One body to post. `name` is how its arrival is recognised."""

    name: str
    body: bytes


@dataclass
class Answers:
    """When each post was sent, and how long its answer took; seconds of the monotonic clock."""

    sent: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    refused: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds


class _Connection(asyncio.Protocol):
    """Posts one body after the other; the next goes out when the last was answered."""

    def __init__(self, path: str, posts: Iterator[Post], answers: Answers, ended: asyncio.Future[None]) -> None:
        self._path, self._posts, self._answers, self._ended = path, posts, answers, ended
        self._reader, self._sent_at = Reader(), 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._post_next()

    def data_received(self, data: bytes) -> None:
        for message in self._reader.feed(data):
            self._answers.took.append(time.monotonic() - self._sent_at)
            self._answers.refused += " 200 " not in message.first
            self._post_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_exception(exc or ConnectionError("The server closed the connection."))

    def _post_next(self) -> None:
        post = next(self._posts, None)
        if post is None:
            self._ended.set_result(None)
            self._transport.close()
            return
        self._sent_at = self._answers.sent[post.name] = time.monotonic()
        self._transport.write(request("POST", self._path, post.body))


def post_all(port: int, path: str, posts: Iterable[Post], connections: int = CONNECTIONS) -> Answers:
    """As fast as they are answered."""
    answers, shared = Answers(), iter(posts)
    started = time.monotonic()
    asyncio.run(asyncio.wait_for(_post_all(port, path, shared, answers, connections), PATIENCE))
    answers.seconds = time.monotonic() - started
    return answers


async def _post_all(port: int, path: str, posts: Iterator[Post], answers: Answers, connections: int) -> None:
    loop = asyncio.get_running_loop()
    endings: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    for ended in endings:
        connection = _Connection(path, posts, answers, ended)
        await loop.create_connection(partial(_itself, connection), "127.0.0.1", port)
    await asyncio.gather(*endings)


def _itself(connection: _Connection) -> _Connection:
    return connection


def post_evenly(port: int, path: str, posts: Sequence[Post], per_second: float) -> Answers:
    """One after the other at an even pace."""
    answers = Answers()
    started = time.monotonic()
    for number, post in enumerate(posts):
        time.sleep(max(0.0, started + number / per_second - time.monotonic()))
        one = post_all(port, path, [post], connections=1)
        answers.sent |= one.sent
        answers.took += one.took
        answers.refused += one.refused
    answers.seconds = time.monotonic() - started
    return answers
