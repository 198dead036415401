"""Which Salesforce paths the sandbox answers."""

from __future__ import annotations

from . import auth, bulk, collections, composite, describe, notes, query, sobjects, versions

DATA = "/services/data/v<version>"
TOKEN_PATHS = ("/services/oauth2/token", "/login/services/oauth2/token")

_VERSIONED = (
    ("GET", "", describe.resources),
    ("GET", "/limits", describe.limits),
    ("GET", "/sobjects", describe.list_objects),
    ("GET", "/sobjects/<name>", describe.basic_information),
    ("POST", "/sobjects/<name>", sobjects.create),
    ("GET", "/sobjects/<name>/describe", describe.describe),
    ("GET", "/sobjects/<name>/<id>", sobjects.show),
    ("PATCH", "/sobjects/<name>/<id>", sobjects.update),
    ("DELETE", "/sobjects/<name>/<id>", sobjects.delete),
    ("GET", "/sobjects/ContentNote/<id>/Content", notes.show_content),
    ("GET", "/sobjects/<name>/<key>/<path:value>", sobjects.show_by_key),
    ("PATCH", "/sobjects/<name>/<key>/<path:value>", sobjects.upsert),
    ("POST", "/composite", composite.run),
    ("POST", "/composite/sobjects", collections.create_many),
    ("PATCH", "/composite/sobjects", collections.update_many),
    ("DELETE", "/composite/sobjects", collections.delete_many),
    ("GET POST", "/composite/sobjects/<name>", collections.read_many),
    ("PATCH", "/composite/sobjects/<name>/<key>", collections.upsert_many),
    ("GET", "/query", query.query),
    ("GET", "/query/<cursor>", query.next_page),
    ("GET", "/queryAll", query.query_all),
    ("POST", "/jobs/ingest", bulk.open_job),
    ("GET", "/jobs/ingest/<id>", bulk.show_job),
    ("PATCH", "/jobs/ingest/<id>", bulk.change_job),
    ("DELETE", "/jobs/ingest/<id>", bulk.delete_job),
    ("PUT", "/jobs/ingest/<id>/batches", bulk.upload),
    ("GET", "/jobs/ingest/<id>/<results>", bulk.show_results),
)

ROUTES = (
    ("POST", TOKEN_PATHS[0], auth.issue_token),
    ("POST", TOKEN_PATHS[1], auth.issue_token_at_login),
    ("GET", "/services/data", versions.list_versions),
    *((methods, DATA + path, versions.versioned(handler)) for methods, path, handler in _VERSIONED),
)
