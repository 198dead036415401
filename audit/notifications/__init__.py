"""Notifications: what people of the team are told by e-mail, chat or webhook, once, at once or gathered; and alerts."""
