"""Says what is logged and how: text or JSON lines, with every secret taken out first."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

HIDDEN = "***"

_WORDS = (
    "secret|token|passw(?:or)?d|api[_-]?key|authorization|credential|private[_-]?key|assertion|cookie"
    "|session[_-]?(?:id|key)|signature"
)
SECRET_NAME = re.compile(_WORDS, re.IGNORECASE)
_NAME = rf"(?<![\w-])[\w-]{{0,40}}(?:{_WORDS})[\w-]{{0,40}}"  # bounded: a log line must never cost a second
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&}\])'"]+)"""
# What a secret looks like on the left; what is left of it on the right. Order matters: the longest first.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
    (
        re.compile(r"""\b((?:authorization|x-auth-token)["']?\s*[:=]\s*["']?)[^"',;\r\n]+""", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b(Bearer|api-key)\s+[\w.~+/=!:-]{16,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(rf"""(["']?{_NAME}["']?\s*[:=]\s*){_VALUE}""", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(/webhooks/[\w-]+/)[^/\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+(@)"), rf"\1{HIDDEN}\2"),
    (re.compile(r"\beyJ[\w-]{5,2000}\.[\w-]+\.[\w-]*"), HIDDEN),  # a JSON web token
    (re.compile(r"\b00D\w{9,15}![\w.-]+"), HIDDEN),  # a Salesforce session
    (re.compile(r"\bgAAAA[\w=-]{20,}"), HIDDEN),  # a Fernet token
)

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """The text without anything that looks like a secret."""
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_value(value: Any, name: str = "") -> Any:
    """A JSON-able copy of the value; whatever stands under a name that sounds like a secret is hidden."""
    if name and SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): redact_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact_value(item) for item in value]
    is_plain = value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and isfinite(value))
    return value if is_plain else redact(str(value))


class TextFormatter(logging.Formatter):
    """One line for people, traceback below it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object for machines: `ts`, `level`, `logger`, `message`, what `extra=` gave, and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        extra = {name: redact_value(value, name) for name, value in vars(record).items() if name not in _STANDARD}
        return json.dumps(extra | line | self._trouble(record), ensure_ascii=False)

    def _trouble(self, record: logging.LogRecord) -> dict[str, str]:
        if not record.exc_info:
            return {}
        return {"exception": redact(self.formatException(record.exc_info))}


FORMATTERS: Mapping[str, type[logging.Formatter]] = {"text": TextFormatter, "json": JsonFormatter}


def logging_config(format: str, debug: bool) -> dict[str, Any]:
    """For `logging.config.dictConfig`. Raises ValueError for a format that is not `text` or `json`."""
    if format not in FORMATTERS:
        raise ValueError(f"LOG_FORMAT is {format!r}: it must be text or json.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": {"()": FORMATTERS[format]}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "chosen"},
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "WARNING" if debug else "ERROR"},
            "django-q": {"level": "WARNING"},  # it says two lines for each task, and the parent wakes lanes all day
            "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
            "gunicorn.access": {"level": "WARNING"},
            "environ": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            "apprise": {"handlers": ["nowhere"], "propagate": False},  # what went wrong stands on the notification
        },
    }
