"""Sends one message, by e-mail or to a channel's URL. Never raises for what the other side does; bounded in time."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.html import escape, format_html

from integrations.vendors.redaction import without_addresses

from .targets import addresses_in, notification_library, service_of

SECONDS = 25  # that one message may take
NO_MAIL = (
    "No mail server is set. Put EMAIL_URL (smtp+tls://user:password@mail.example.com:587) and EMAIL_FROM into the "
    "settings and restart."
)
SIGN_IN = "The mail server refused the user or the password of EMAIL_URL."
NOT_REACHED = "The mail server of EMAIL_URL could not be reached."
NOT_TAKEN = "It could not be reached, or did not take the message."
NOT_KNOWN = "Its URL is not known any more: enter it again."
_CALLS = re.compile(r"@(?=everyone|here|channel|all)|<(?=[@!#])", re.IGNORECASE)
_STATUS = re.compile(r"error=(\d{3})")


@dataclass(frozen=True)
class Reply:
    """What came of it: `problem` is "" when it was taken. What is final is not tried again by itself."""

    problem: str = ""
    is_final: bool = False

    @property
    def ok(self) -> bool:
        return not self.problem


def send(target: str, id: str, subject: str, text: str) -> Reply:
    """`id` is the same at each attempt, so that a mailbox can tell a repeat."""
    addresses = addresses_in(target)
    return send_mail(addresses, id, subject, text) if addresses else send_to_url(target, subject, text)


# --- e-mail -----------------------------------------------------------------------------------------------------


def send_mail(addresses: Sequence[str], id: str, subject: str, text: str) -> Reply:
    if not settings.MAIL_IS_SET:
        return Reply(NO_MAIL, is_final=True)
    try:
        _mail(addresses, id, subject, text).send()
    except smtplib.SMTPAuthenticationError:
        return Reply(SIGN_IN)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        return _refused(code, words)
    except smtplib.SMTPResponseException as refused:
        return _refused(refused.smtp_code, refused.smtp_error)
    except (smtplib.SMTPException, OSError):
        return Reply(NOT_REACHED)
    return Reply()


def _mail(addresses: Sequence[str], id: str, subject: str, text: str) -> EmailMultiAlternatives:
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{id}@{host}>", "Auto-Submitted": "auto-generated"}
    mail = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, list(addresses), headers=headers)
    mail.attach_alternative(html_of(text), "text/html")
    return mail


def _refused(code: int, words: bytes | str) -> Reply:
    """5xx is the mail server's last word, 4xx is not."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return Reply(f"The mail server refused it: {code} {without_addresses(said)[:160]}", is_final=code >= 500)


def html_of(text: str) -> str:
    """The text as HTML: what could be markup is escaped, and only links to our own pages are links."""
    return "<br>\n".join(map(_html_line, text.splitlines()))


def _html_line(line: str) -> str:
    own = line.strip()
    if own.startswith(f"{settings.PUBLIC_URL}/") and " " not in own:
        return format_html('<a href="{}">{}</a>', own, own)
    return escape(line)


# --- chats and webhooks -----------------------------------------------------------------------------------------


def send_to_url(url: str, subject: str, text: str) -> Reply:
    service, library = service_of(url), notification_library()
    if service is None:
        return Reply(NOT_KNOWN, is_final=True)
    body, format = _body(hushed(text), service, library.NotifyFormat)
    result = library.Apprise(service).notify(body, hushed(subject), body_format=format, timeout=SECONDS)
    return Reply() if result else Reply(_why(result))


def _body(text: str, service: Any, formats: Any) -> tuple[str, Any]:
    """Plain text where it is taken; else HTML, of which the library makes Markdown with links that work."""
    taken = service.notify_format if isinstance(service.notify_format, tuple) else (service.notify_format,)
    return (text, formats.TEXT) if formats.TEXT in taken else (html_of(text), formats.HTML)


def hushed(text: str) -> str:
    """What a stranger is called must not call a whole room: @everyone, <!channel>, <@name>."""
    return _CALLS.sub("\\g<0>\u200b", text)


def _why(result: Any) -> str:
    """Of what the library says only the status: the rest may hold the URL."""
    said = " ".join(str(entry.message) for entry in result.logs())
    status = _STATUS.search(said)
    return f"It answered {status[1]}." if status else NOT_TAKEN
