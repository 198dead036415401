"""What a file is checked against: what the database knows with the file's own connections and mappings over it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from integrations.clients import ExchangeList, account_of
from integrations.vendors.base import Services, Token, Vendor
from integrations.vendors.errors import CrosswalkError, RecordError, Unavailable
from integrations.vendors.registry import VENDORS

from ..publishing import Stored
from ..spec import MappingSpec
from ..spec.known import Fields, Findings, under
from ..spec.mapping_checks import check_mapping
from ..spec.rule_checks import check_rule
from .connections import ConnectionSpec
from .reading import Configuration


class OneToken:
    """An access token for the time of the check; nothing is stored before the file is applied."""

    def __init__(self) -> None:
        self._token: Token | None = None

    def current(self) -> Token | None:
        return self._token

    def last(self) -> Token | None:
        return self._token

    def put(self, token: Token) -> None:
        self._token = token

    def renew(self, fetch: Callable[[], Token], stale: Token | None) -> Token:
        self._token = fetch()
        return self._token


class FreeBudget:
    """A connection that is not there yet has no budget: a check makes one call for each object it maps."""

    def spend(self, calls: int = 1) -> None:
        return None

    def learn(
        self,
        used: int | None = None,
        limit: int | None = None,
        remaining: int | None = None,
        reset: timedelta | None = None,
    ) -> None:
        return None


class Trial:
    """The names and fields there would be after applying the file. Changes nothing."""

    def __init__(self, configuration: Configuration, refresh: bool = False) -> None:
        self.configuration = configuration
        self.stored = Stored(refresh)
        self._fields: dict[tuple[str, str], Fields | CrosswalkError] = {}
        self._silent: dict[str, CrosswalkError] = {}

    def connections(self) -> dict[str, Vendor]:
        wanted = {name: VENDORS[spec.vendor] for name, spec in self.configuration.connections.items()}
        return {**self.stored.connections(), **wanted}

    def mappings(self) -> dict[str, MappingSpec]:
        return {**self.stored.mappings(), **self.configuration.mappings}

    def channels(self) -> set[str]:
        return self.stored.channels()

    def fields(self, connection: str, object: str) -> Fields:
        """Asked once for each object; a vendor that did not answer is not asked again."""
        key = (connection, object)
        if key not in self._fields:
            self._fields[key] = self._silent.get(connection) or self._ask(connection, object)
        found = self._fields[key]
        if isinstance(found, CrosswalkError):
            raise found
        return found

    def _ask(self, connection: str, object: str) -> Fields | CrosswalkError:
        try:
            wanted = self.configuration.connections.get(connection)
            if wanted is None or self._is_the_stored_account(wanted):
                return self.stored.fields(connection, object)
            return _describe(wanted, object)
        except CrosswalkError as error:
            if not isinstance(error, RecordError):
                self._silent[connection] = error
            return error

    def _is_the_stored_account(self, wanted: ConnectionSpec) -> bool:
        row = self.stored.rows.get(wanted.name)
        return row is not None and row.vendor == wanted.vendor and account_of(row) == wanted.account


def _describe(wanted: ConnectionSpec, object: str) -> Fields:
    """Nothing is used up for a check: what is good once waits for the connection that keeps what comes of it."""
    kind = VENDORS[wanted.vendor]
    if any(each.once and wanted.credentials.get(each.name) for each in kind.credentials):
        raise Unavailable(f"{wanted.name} is not asked before the file is applied: it signs in with what is good once.")
    client = kind.connect(wanted.account, Services(OneToken(), FreeBudget(), ExchangeList()))
    return {field.name: field for field in client.describe(object)}


def check_configuration(configuration: Configuration) -> Findings:
    """Do the names and fields exist that mappings and rules use. Asks vendors; never inside a transaction.

    Nothing is refused by what a vendor said up to an hour ago: it is asked again first.
    """
    findings = _check(configuration, Trial(configuration))
    return _check(configuration, Trial(configuration, refresh=True)) if findings.problems else findings


def _check(configuration: Configuration, trial: Trial) -> Findings:
    """What stands on something that could not be read is left for the next time."""
    findings = Findings(trial)
    unread = {str(problem.path[0]) if problem.path else "" for problem in configuration.problems}
    if not unread & {"", "connections"}:
        for name, mapping in configuration.mappings.items():
            _add(findings, under(check_mapping(mapping, trial), ("mappings", name)))
    if not unread & {"", "connections", "mappings"}:
        for name, rule in configuration.rules.items():
            _add(findings, under(check_rule(rule, trial), ("rules", name)))
    return findings


def _add(findings: Findings, more: Findings) -> None:
    findings.problems += more.problems
    findings.warnings += more.warnings
