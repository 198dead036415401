"""Which Responder Live paths the sandbox answers."""

from __future__ import annotations

from . import auth, catalogue, subscribers

ROUTES = (
    ("POST", "/oauth/token", auth.issue_token),
    ("GET", "/me", catalogue.show_account),
    ("GET", "/lists", catalogue.list_lists),
    ("POST", "/lists", catalogue.create_list),
    ("GET", "/lists/<id>", catalogue.show_list),
    ("DELETE", "/lists/<id>", catalogue.delete_list),
    ("GET", "/lists/<list_id>/subscribers", subscribers.list_members),
    ("POST", "/lists/<list_id>/subscribers", subscribers.add_member),
    ("DELETE", "/lists/<list_id>/subscribers/<id>", subscribers.remove_member),
    ("GET", "/lists/<list_id>/personal-fields", catalogue.list_fields_of_list),
    ("GET", "/subscribers", subscribers.list_subscribers),
    ("POST", "/subscribers", subscribers.add_subscriber),
    ("POST", "/subscribers/search", subscribers.search),
    ("GET", "/subscribers/<id>", subscribers.show_subscriber),
    ("PUT", "/subscribers/<id>", subscribers.update_subscriber),
    ("DELETE", "/subscribers/<id>", subscribers.delete_subscriber),
    ("GET", "/tag", catalogue.list_tags),
    ("POST", "/tags/subscribers", subscribers.add_tags),
    ("GET", "/personal-fields", catalogue.list_fields),
    ("POST", "/personal-fields", catalogue.create_field),
    ("GET", "/webhooks", catalogue.list_webhooks),
    ("POST", "/webhooks", catalogue.create_webhook),
    ("DELETE", "/webhooks/<id>", catalogue.delete_webhook),
)
