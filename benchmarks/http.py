"""As much of HTTP/1.1 as two programs of one machine need: whole messages with a length, on connections kept open."""

from __future__ import annotations

import re
from dataclasses import dataclass

END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Message:
    """One request or answer. `first` is its first line."""

    first: str
    body: bytes


class Reader:
    """Cuts what arrives on one connection into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        self._buffer += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> Message | None:
        end = self._buffer.find(END)
        if end < 0:
            return None
        head = bytes(self._buffer[:end])
        length = _LENGTH.search(head)
        start = end + len(END)
        stop = start + (int(length[1]) if length else 0)
        if len(self._buffer) < stop:
            return None
        body = bytes(self._buffer[start:stop])
        del self._buffer[:stop]
        return Message(head.split(b"\r\n", 1)[0].decode("latin-1"), body)


def request(method: str, path: str, body: bytes) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def answer(status: int, body: bytes) -> bytes:
    head = b"HTTP/1.1 %d OK\r\nContent-Type: application/json;charset=UTF-8\r\n" % status
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
