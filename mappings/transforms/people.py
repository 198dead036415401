"""Transforms of what is known about a person: name, phone, e-mail, company."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from .. import names
from ..phones import read_phone
from ..values import text_of
from .base import Context, Example, Noted, Parameter, Transform

_DOMAIN = re.compile(r"(?=.{1,253}$)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)+")
_MARKS = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def phone(value: Any, region: str, *, context: Context) -> Any:
    read = read_phone(value, region or context.region)
    return Noted(read.e164 or None, read.note) if read.note else read.e164 or None


def email(value: Any) -> Any:
    """The address as it is used: the domain in lower case, the part before it as the person writes it."""
    address = _address(text_of(value))
    try:
        return validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        return Noted(None, "Dropped: not a valid e-mail address.")


def _address(text: str) -> str:
    text = re.sub("^mailto:", "", _MARKS.sub("", text).strip(), flags=re.I)
    return parseaddr(text)[1] or text if "<" in text else text


def domain(value: Any) -> Any:
    found = _domain_in(text_of(value))
    return found or Noted(None, "Dropped: no domain in it.")


def _domain_in(text: str) -> str:
    """Of an e-mail address, a URL or a bare domain; "" when there is none."""
    text = _address(text).casefold()
    host = text.rpartition("@")[2] if "@" in text and "/" not in text else _host(text)
    host = host.strip(". ").removeprefix("www.")
    return host if _DOMAIN.fullmatch(host) else ""


def _host(url: str) -> str:
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def company_or_domain(value: Any) -> Any:
    """A company's name stays; an e-mail address gives its domain."""
    text = text_of(value).strip()
    return _domain_in(text) or text if re.fullmatch(r"[^\s@]+@[^\s@]+|[^<>]*<[^\s@]+@[^\s@]+>", text) else text


TRANSFORMS = (
    Transform(
        "first_name",
        "First name",
        "The first name in a full name: without titles, turned when it is written “Last, First”.",
        "one",
        names.first_name,
        (
            Example("first_name", "Dr. Jane Doe", "Jane"),
            Example("first_name", "Doe, Jane", "Jane"),
            Example("first_name", "Madonna", ""),
        ),
    ),
    Transform(
        "last_name",
        "Last name",
        "The last name in a full name, with particles and suffixes. One word is a last name.",
        "one",
        names.last_name,
        (
            Example("last_name", "Jane van der Berg", "van der Berg"),
            Example("last_name", "John Doe Jr.", "Doe Jr."),
            Example("last_name", "דנה כהן לוי", "כהן לוי"),
        ),
    ),
    Transform(
        "full_name",
        "Full name",
        "First and last name in the order they are spoken, without titles.",
        "one",
        names.full_name,
        (Example("full_name", "Doe, Dr. Jane", "Jane Doe"), Example("full_name", "Jane  Doe 🎉", "Jane Doe")),
    ),
    Transform(
        "phone",
        "Phone number",
        "The number in international form (E.164); what is no possible number is dropped.",
        "one",
        phone,
        (
            Example({"phone": "IL"}, "050-123-4567", "+972501234567"),
            Example("phone", "+1 (415) 555-2671", "+14155552671"),
        ),
        (
            Parameter(
                "region",
                "region",
                "The country of numbers without a country code, for example IL. Else the connection's.",
                default="",
            ),
        ),
        contextual=True,
    ),
    Transform(
        "email",
        "E-mail address",
        "The address trimmed and checked; what is no address is dropped. Nothing is looked up.",
        "one",
        email,
        (Example("email", " Jane@Example.COM ", "Jane@example.com"), Example("email", "jane at example.com", None)),
    ),
    Transform(
        "domain",
        "Domain",
        "The domain of an e-mail address or of a web address, without www.",
        "one",
        domain,
        (
            Example("domain", "jane@acmecorp.com", "acmecorp.com"),
            Example("domain", "https://www.acmecorp.com/about", "acmecorp.com"),
        ),
    ),
    Transform(
        "company_or_domain",
        "Company, else domain",
        "A company's name as it is; of an e-mail address its domain. Give it both fields: from: [company, email].",
        "one",
        company_or_domain,
        (
            Example("company_or_domain", "Acme Corp", "Acme Corp"),
            Example("company_or_domain", "jane@acmecorp.com", "acmecorp.com"),
        ),
    ),
)
