"""What contacts refer to: lists (campaigns), tags, custom fields, webinars."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.wrappers import Response

from ..moments import now
from ..store import Document
from ..vendor import Call, json_response
from . import rules
from .errors import not_found
from .listing import (
    Filter,
    chosen_fields,
    filtered,
    moment_filters,
    one_of,
    page_response,
    query_of,
    require_object,
    same,
    sorted_by,
    text_filter,
)
from .moments import as_getresponse
from .people import new_id, show_campaign

Handler = Callable[..., Response]


def listing(object: str, id_field: str, path: str, filters: dict[str, Filter], sorts: tuple[str, ...]) -> Handler:
    """A handler that lists one kind of thing."""

    def handle(call: Call) -> Response:
        parameters = query_of(call, [*filters, *sorts])
        found = sorted_by(filtered(call.shelf.all(object), parameters, filters), parameters)
        show: Callable[[Document], Document] = lambda body: _shown(call, body, f"{path}/{body[id_field]}")  # noqa: E731
        return page_response(found, parameters, id_field, show)

    return handle


def detail(object: str, id_field: str, path: str) -> Handler:
    """A handler that shows one thing."""

    def handle(call: Call, id: str) -> Response:
        body = call.shelf.get(object, id)
        if body is None:
            raise not_found()
        shown = _shown(call, body, f"{path}/{id}")
        return json_response(chosen_fields(shown, query_of(call, []), id_field))

    return handle


def _shown(call: Call, body: Document, path: str) -> Document:
    campaigns = {"campaigns": [show_campaign(call.shelf, call.base_url, id) for id in body.get("campaignIds", [])]}
    shown = {name: value for name, value in body.items() if name != "campaignIds"}
    return shown | {"href": f"{call.base_url}/{path}"} | (campaigns if "campaignIds" in body else {})


def create_tag(call: Call) -> Response:
    name = rules.read_new_tag(call.shelf, require_object(call.payload))
    tag = {"tagId": new_id(), "name": name, "createdAt": as_getresponse(now()), "color": ""}
    call.shelf.put("tag", tag["tagId"], tag)
    return json_response(_shown(call, tag, f"tags/{tag['tagId']}"), 201)


def create_custom_field(call: Call) -> Response:
    given = rules.read_new_field(call.shelf, require_object(call.payload))
    field = {"customFieldId": new_id(), **given, "valueType": given["type"], "fieldType": given["format"]}
    call.shelf.put("customField", field["customFieldId"], field)
    return json_response(_shown(call, field, f"custom-fields/{field['customFieldId']}"), 201)


list_campaigns = listing(
    "campaign",
    "campaignId",
    "campaigns",
    {"query[name]": text_filter("name"), "query[isDefault]": same("isDefault")},
    ("sort[name]", "sort[createdOn]"),
)
show_campaign_detail = detail("campaign", "campaignId", "campaigns")
list_tags = listing(
    "tag", "tagId", "tags", {"query[name]": text_filter("name"), **moment_filters("createdAt")}, ("sort[createdAt]",)
)
show_tag_detail = detail("tag", "tagId", "tags")
list_custom_fields = listing(
    "customField", "customFieldId", "custom-fields", {"query[name]": text_filter("name")}, ("sort[name]",)
)
show_custom_field = detail("customField", "customFieldId", "custom-fields")
list_webinars = listing(
    "webinar",
    "webinarId",
    "webinars",
    {
        "query[name]": text_filter("name"),
        "query[campaignId]": lambda webinar, value: bool(set(value.split(",")) & set(webinar["campaignIds"])),
        "query[status]": one_of("status"),
        "query[type]": lambda webinar, value: value == "all" or webinar["type"] == value,
    },
    ("sort[name]", "sort[createdOn]", "sort[startsOn]"),
)
show_webinar = detail("webinar", "webinarId", "webinars")
list_newsletters = listing(
    "newsletter",
    "newsletterId",
    "newsletters",
    {"query[status]": one_of("status"), "query[campaignId]": same("campaignId")},
    ("sort[createdOn]",),
)
list_autoresponders = listing("autoresponder", "autoresponderId", "autoresponders", {}, ("sort[createdOn]",))
list_forms = listing("form", "formId", "forms", {}, ("sort[createdOn]",))
list_webforms = listing("webform", "webformId", "webforms", {}, ("sort[createdOn]",))
list_landing_pages = listing("landingPage", "landingPageId", "landing-pages", {}, ("sort[createdOn]",))
