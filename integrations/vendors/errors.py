"""What can go wrong at a vendor, grouped by what happens next.

`TransientError`: later, with the same input. `ConfigurationError`: the connection or rule stops and its
changes wait. `RecordError`: this one change needs a person. Anything else is a bug.
Messages are stored and shown to people: no secret, no response body, no value of a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta


class CrosswalkError(Exception):
    """A failure with a code, the vendor's own code and words, and what a person can do about it."""

    code = "error"
    help = ""

    def __init__(self, message: str, *, vendor_code: str = "", help: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.vendor_code = vendor_code
        self.help = help or self.help
        self.status = status

    def facts(self) -> dict[str, str]:
        """The four facts the ledger and the API show: code, vendor_code, message, help."""
        return {"code": self.code, "vendor_code": self.vendor_code, "message": self.message, "help": self.help}


class TransientError(CrosswalkError):
    """Later, with the same input."""

    code = "transient"
    help = "Nothing to do: it is tried again by itself."
    costs_attempt = True


class RateLimited(TransientError):
    """The vendor (or our own budget) says wait; `retry_after` says how long."""

    code = "rate_limited"
    help = "Nothing to do: the connection waits until the vendor's limit allows more calls."
    costs_attempt = False

    def __init__(
        self, message: str, *, retry_after: timedelta, vendor_code: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, vendor_code=vendor_code, status=status)
        self.retry_after = retry_after


class BudgetUsedUp(RateLimited):
    """Our own budget says wait: what a lane may spend is spent. Others may still call."""


class Unavailable(TransientError):
    """5xx, connection refused, or a timeout before the request was sent: nothing was written."""

    code = "unavailable"


class OutcomeUnknown(TransientError):
    """The request was sent and no answer came: look before trying again."""

    code = "outcome_unknown"


class Accepted(OutcomeUnknown):
    """The vendor took the write and has not made the record yet: look again later, and do not send it twice."""

    code = "accepted"


class Busy(TransientError):
    """A lock we could not get, ours or the vendor's (UNABLE_TO_LOCK_ROW)."""

    code = "busy"
    costs_attempt = False
    retry_after: timedelta | None = None  # how long that may last, where it is known


class ConfigurationError(CrosswalkError):
    """The connection or the rule stops; its changes wait until a person has mended it."""

    code = "configuration"


class AuthenticationFailed(ConfigurationError):
    code = "authentication_failed"
    help = "Enter new credentials for this connection and press Test connection."


class ScopeMissing(ConfigurationError):
    code = "scope_missing"
    help = "Give the integration user the missing permission at the vendor, then press Test connection."


class ReadOnly(ConfigurationError):
    """The connection is in read-only mode: every write is refused and says so."""

    code = "read_only"
    help = "Switch the connection to read and write, then press Retry."


class MappingInvalid(ConfigurationError):
    code = "mapping_invalid"
    help = "Mend the mapping and publish it, then press Retry."


class RecordError(CrosswalkError):
    """This change needs a person."""

    code = "record"


class FieldHidden(RecordError):
    """The vendor does not show the field to our user, or does not let it be written."""

    code = "field_hidden"
    help = "Let the integration user see and edit the field at the vendor, then press Retry."

    def __init__(
        self,
        message: str,
        *,
        fields: Sequence[str] = (),
        vendor_code: str = "",
        help: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, vendor_code=vendor_code, help=help, status=status)
        self.fields = tuple(fields)


class Rejected(RecordError):
    """The vendor refused the values."""

    code = "rejected"
    help = "Correct the record or the mapping, then press Retry."

    def __init__(
        self,
        message: str,
        *,
        fields: Sequence[str] = (),
        vendor_code: str = "",
        help: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, vendor_code=vendor_code, help=help, status=status)
        self.fields = tuple(fields)


class NotFound(RecordError):
    code = "not_found"
    help = "The record is gone at the vendor. Resync the person to find or make it again."


class Conflict(RecordError):
    """Another record already holds what must be unique; `record_ids` says which, where the vendor says."""

    code = "conflict"
    help = "Look at the existing record at the vendor; merge the two or correct the mapping's key, then press Retry."

    def __init__(
        self,
        message: str,
        *,
        record_ids: Sequence[str] = (),
        vendor_code: str = "",
        help: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, vendor_code=vendor_code, help=help, status=status)
        self.record_ids = tuple(record_ids)


class Moved(RecordError):
    """The record lives on as another one, for example a converted lead as a contact."""

    code = "moved"
    help = "The record was converted or merged at the vendor; the change goes to the record it became."

    def __init__(
        self, message: str, *, object: str = "", record_id: str = "", vendor_code: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, vendor_code=vendor_code, status=status)
        self.object = object
        self.record_id = record_id


class Ambiguous(RecordError):
    code = "ambiguous"
    help = "Several records fit. Merge them at the vendor, or link the right one on the person's page."


class Unsupported(RecordError):
    code = "unsupported"
    help = "This vendor does not offer it. Choose another action in the rule."


class Forged(CrosswalkError):
    """A webhook whose signature is wrong or missing. Answered 401, nothing stored."""

    code = "forged"


class Unreadable(CrosswalkError):
    """A webhook body that nobody can read. Stored as quarantined with this message as the reason."""

    code = "unreadable"
