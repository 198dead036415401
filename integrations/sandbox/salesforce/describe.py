"""What the user may know and do: `describe` of one object, the list of objects, the limits."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call, json_response
from .ids import PREFIXES
from .org import Org, org_of
from .schema import OBJECTS, READ_ONLY_OBJECTS, Field
from .sobjects import known_object
from .versions import version_of

SOAP_TYPES = {
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "id": "tns:ID",
    "reference": "tns:ID",
}


def describe(call: Call, name: str) -> Response:
    object, org = known_object(name), org_of(call)
    fields = [_field(org, object, field) for field in org.fields(object)]
    return json_response(
        _object(object, version_of(call)) | {"fields": fields, "childRelationships": [], "recordTypeInfos": []}
    )


def basic_information(call: Call, name: str) -> Response:
    object = known_object(name)
    recent = [{"Id": record["Id"]} for record in call.shelf.latest(object, 20) if not record["IsDeleted"]]
    return json_response({"objectDescribe": _object(object, version_of(call)), "recentItems": recent})


def list_objects(call: Call) -> Response:
    body = {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [_object(object, version_of(call)) for object in OBJECTS],
    }
    return json_response(body)


def limits(call: Call) -> Response:
    """Of the rolling 24 hours, shared by the whole org."""
    daily = int(call.switches["daily_limit"])
    used = int(call.shelf.store.setting("number.salesforce.usage", 0))
    requests = {"Max": daily, "Remaining": max(0, daily - used)}
    return json_response({"DailyApiRequests": requests, "DailyBulkV2QueryJobs": {"Max": 10000, "Remaining": 10000}})


def resources(call: Call) -> Response:
    base = f"/services/data/v{version_of(call)}"
    return json_response(
        {name: f"{base}/{name}" for name in ("sobjects", "query", "queryAll", "limits", "composite", "jobs")}
    )


def _object(object: str, version: str) -> Document:
    writable = object not in READ_ONLY_OBJECTS
    base = f"/services/data/v{version}/sobjects/{object}"
    urls = {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"}
    may = dict.fromkeys(("createable", "updateable", "deletable"), writable)
    names = {"name": object, "label": object, "labelPlural": f"{object}s", "keyPrefix": PREFIXES[object]}
    return names | may | {"queryable": True, "custom": object.endswith("__c"), "urls": urls}


def _field(org: Org, object: str, field: Field) -> Document:
    createable, updateable = org.may_write(object, field, True), org.may_write(object, field, False)
    picklist = field.type in ("picklist", "combobox")
    return {
        "name": field.name,
        "label": field.label,
        "type": field.type,
        "length": field.length,
        "byteLength": field.length * 3,
        "soapType": SOAP_TYPES.get(field.type, "xsd:string"),
        "createable": createable,
        "updateable": updateable,
        "nillable": not field.required and field.type != "boolean",
        "defaultedOnCreate": field.default is not None or field.name == "OwnerId",
        "calculated": False,
        "custom": field.custom,
        "externalId": field.external,
        "unique": field.unique,
        "idLookup": field.external or field.name == "Id",
        "filterable": field.type != "textarea" or field.length <= 255,
        "sortable": True,
        "restrictedPicklist": picklist and org.is_restricted(object, field),
        "picklistValues": [_choice(field, value) for value in field.choices],
        "referenceTo": list(field.refers_to),
        "relationshipName": field.name.removesuffix("Id") if field.refers_to else None,
        "defaultValue": field.default,
    }


def _choice(field: Field, value: str) -> Document:
    return {"active": True, "defaultValue": value == field.default, "label": value, "value": value, "validFor": None}
