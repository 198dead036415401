"""Manages a vendor's webhooks where it has an API for that."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.clients import open_client
from integrations.models import Connection
from integrations.named import connection_named
from integrations.tokens import callback_url
from integrations.vendors.base import Callback, Client
from integrations.vendors.errors import Conflict, CrosswalkError


class Command(BaseCommand):
    help = "callbacks register|list|remove NAME: a foreign callback is never overwritten unasked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["register", "list", "remove"])
        parser.add_argument("name", help="The connection's name.")
        parser.add_argument("--force", action="store_true", help="Replace or remove a callback that is not ours.")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connection_named(options["name"])
        try:
            getattr(self, f"_{options['action']}")(connection, open_client(connection), options["force"])
        except Conflict as error:
            raise CommandError(f"{error.message} Look at it with: callbacks list; replace it with --force.") from error
        except CrosswalkError as error:
            raise CommandError(f"{error.message} {error.help}".strip()) from error

    def _list(self, connection: Connection, client: Client, force: bool) -> None:
        found = client.callbacks(callback_url(connection))
        for callback in found:
            self.stdout.write(_line(callback))
        if not found:
            self.stdout.write(f"No callback is registered at {connection.name}.")

    def _register(self, connection: Connection, client: Client, force: bool) -> None:
        self.stdout.write(f"Registered: {_line(client.register_callback(callback_url(connection), force))}")

    def _remove(self, connection: Connection, client: Client, force: bool) -> None:
        found = client.callbacks(callback_url(connection))
        mine = [callback for callback in found if callback.ours or force]
        if not mine:
            why = (
                "None of the registered callbacks is ours; nothing was removed."
                if found
                else "No callback is registered."
            )
            raise CommandError(why)
        for callback in mine:
            client.remove_callback(callback.id)
            self.stdout.write(f"Removed: {_line(callback)}")


def _line(callback: Callback) -> str:
    whose = "ours" if callback.ours else "foreign"
    return f"{callback.id or '-'}  {whose}  {callback.url}  {', '.join(callback.events)}"
