"""Which GetResponse paths the sandbox answers."""

from __future__ import annotations

from . import accounts, auth, catalogue, contacts, search

ROUTES = (
    ("GET", "/oauth2_authorize.html", auth.show_sign_in),
    ("POST", "/token", auth.issue_token),
    ("GET", "/accounts", accounts.show_account),
    ("GET", "/accounts/callbacks", accounts.show_callback),
    ("POST", "/accounts/callbacks", accounts.set_callback),
    ("DELETE", "/accounts/callbacks", accounts.remove_callback),
    ("GET", "/accounts/blocklists", accounts.show_blocklist),
    ("POST", "/accounts/blocklists", accounts.change_blocklist),
    ("GET", "/campaigns", catalogue.list_campaigns),
    ("GET", "/campaigns/<id>", catalogue.show_campaign_detail),
    ("GET", "/campaigns/<campaign_id>/contacts", contacts.list_campaign_contacts),
    ("GET", "/contacts", contacts.list_contacts),
    ("POST", "/contacts", contacts.create_contact),
    ("POST", "/contacts/batch", contacts.create_many),
    ("GET", "/contacts/<contact_id>", contacts.show_contact),
    ("POST", "/contacts/<contact_id>", contacts.update_contact),
    ("DELETE", "/contacts/<contact_id>", contacts.delete_contact),
    ("GET", "/contacts/<contact_id>/activities", contacts.list_activities),
    ("GET", "/contacts/<contact_id>/consents", contacts.list_consents),
    ("POST", "/contacts/<contact_id>/tags", contacts.add_tags),
    ("POST", "/contacts/<contact_id>/custom-fields", contacts.set_custom_fields),
    ("GET", "/custom-fields", catalogue.list_custom_fields),
    ("POST", "/custom-fields", catalogue.create_custom_field),
    ("GET", "/custom-fields/<id>", catalogue.show_custom_field),
    ("POST", "/custom-events/trigger", contacts.trigger_event),
    ("POST", "/search-contacts/contacts", search.search_contacts),
    ("GET", "/tags", catalogue.list_tags),
    ("POST", "/tags", catalogue.create_tag),
    ("GET", "/tags/<id>", catalogue.show_tag_detail),
    ("GET", "/newsletters", catalogue.list_newsletters),
    ("GET", "/autoresponders", catalogue.list_autoresponders),
    ("GET", "/forms", catalogue.list_forms),
    ("GET", "/webforms", catalogue.list_webforms),
    ("GET", "/landing-pages", catalogue.list_landing_pages),
    ("GET", "/webinars", catalogue.list_webinars),
    ("GET", "/webinars/<id>", catalogue.show_webinar),
)
