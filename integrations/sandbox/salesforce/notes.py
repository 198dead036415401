"""Notes of the newer kind: what Salesforce makes of their HTML, and what they are linked to (fact sheet §3.7)."""

from __future__ import annotations

import base64
import binascii
import re
from html import unescape

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call
from .errors import RowFailure
from .ids import full_id
from .org import Org, org_of

UNSAFE = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<[^>]*>")
PREVIEW = 255


def complete_note(org: Org, record: Document) -> Document:
    """Raw newlines and unsafe HTML are gone; what is left can be previewed."""
    if not org.switches["notes_enabled"]:
        raise RowFailure("NOT_FOUND", "The requested resource does not exist", status=404)
    html = UNSAFE.sub("", decoded(record.get("Content")).replace("\r", "").replace("\n", ""))
    preview = " ".join(unescape(TAG.sub(" ", html)).split())[:PREVIEW]
    content = base64.b64encode(html.encode()).decode()
    return record | {"Content": content, "TextPreview": preview, "FileType": "SNOTE"}


def complete_link(org: Org, record: Document) -> Document:
    """The same document is linked to the same record once."""
    document, entity = record.get("ContentDocumentId") or "", record.get("LinkedEntityId")
    links = org.find("ContentDocumentLink", "ContentDocumentId", document)
    if any(link["LinkedEntityId"] == entity and link["Id"] != record.get("Id") for link in links):
        message = f"Document with ID: {document} is already linked with the entity with ID: {entity}"
        raise RowFailure("DUPLICATE_VALUE", message, ["LinkedEntityId"])
    if not record.get("ShareType"):
        raise RowFailure("REQUIRED_FIELD_MISSING", "Required fields are missing: [ShareType]", ["ShareType"])
    return record


def show_content(call: Call, id: str) -> Response:
    """The latest version, as it is and not as base64."""
    record = org_of(call).get("ContentNote", full_id(id))
    if record is None:
        return RowFailure("NOT_FOUND", "The requested resource does not exist", status=404).response()
    return Response(decoded(record.get("Content")), content_type="application/octet-stream")


def content_url(version: str, id: str) -> str:
    """What a query answers instead of the content."""
    return f"/services/data/v{version}/sobjects/ContentNote/{id}/Content"


def decoded(content: str | None) -> str:
    try:
        return base64.b64decode(content or "", validate=True).decode()
    except (binascii.Error, ValueError) as problem:
        raise RowFailure("JSON_PARSER_ERROR", "Content: a value in base64 was expected", ["Content"]) from problem
