"""Tables of 'with whom': connections, the inbox of events, people and their links."""

from __future__ import annotations

from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from .beginnings import Folded
from .crypto import EncryptedJSONField
from .ids import new_id

NAME = RegexValidator(
    r"^[a-z0-9][a-z0-9_-]*$", _("Use lower-case letters, digits and dashes, for example salesforce-main.")
)


class Environment(models.TextChoices):
    SANDBOX = "sandbox", _("Sandbox")
    PRODUCTION = "production", _("Production")


class Mode(models.TextChoices):
    READ_ONLY = "read_only", _("Read only")
    READ_WRITE = "read_write", _("Read and write")


class Health(models.TextChoices):
    UNKNOWN = "unknown", _("Not tested yet")
    OK = "ok", _("Working")
    DEGRADED = "degraded", _("Works, with something missing")
    BLOCKED = "blocked", _("Stopped: needs a person")
    DOWN = "down", _("Not answering")


class Connection(models.Model):
    """One authenticated account at one vendor."""

    name = models.SlugField(
        _("name"),
        max_length=80,
        unique=True,
        validators=[NAME],
        help_text=_("A short name, used in rules and mappings: salesforce-main."),
    )
    vendor = models.CharField(_("vendor"), max_length=40)
    environment = models.CharField(_("environment"), max_length=20, choices=Environment, default=Environment.PRODUCTION)
    mode = models.CharField(
        _("mode"),
        max_length=20,
        choices=Mode,
        default=Mode.READ_WRITE,
        help_text=_("Read only: every write is refused and says so."),
    )
    base_url = models.CharField(
        _("base URL"),
        blank=True,
        max_length=500,
        validators=[URLValidator(["http", "https"])],
        help_text=_("Leave empty for the vendor's own address. Salesforce: your My Domain URL."),
    )
    credentials = EncryptedJSONField(default=dict, editable=False)
    credentials_changed_at = models.DateTimeField(null=True, editable=False)
    webhook_token = EncryptedJSONField(default=str, editable=False)
    webhook_token_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    limits = models.JSONField(
        _("limits"),
        default=list,
        blank=True,
        help_text=_('Optional, for example [{"calls": 400, "per": "1h"}]. Empty: the vendor\'s own limits.'),
    )
    options = models.JSONField(_("options"), default=dict, blank=True)
    health = models.CharField(max_length=20, choices=Health, default=Health.UNKNOWN, editable=False)
    health_reason = models.TextField(blank=True, editable=False)
    health_at = models.DateTimeField(null=True, editable=False)
    blocked = models.BooleanField(default=False, editable=False)  # a ConfigurationError: its changes wait for a person
    paused_until = models.DateTimeField(null=True, editable=False)  # the vendor said wait, or it is down
    paused_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)  # calls that failed in a row
    report = models.JSONField(default=list, editable=False)  # the last connection test, line by line
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = HistoricalRecords(
        excluded_fields=[
            "credentials",
            "webhook_token",
            "webhook_token_hash",
            "health",
            "health_reason",
            "health_at",
            "paused_until",
            "paused_at",
            "failures",
            "report",
        ]
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("connection")
        verbose_name_plural = _("connections")

    def __str__(self) -> str:
        return self.name


class AccessToken(models.Model):
    """The vendor's access token of one connection, shared by all workers."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="access_token")
    value = EncryptedJSONField(default=dict)
    expires_at = models.DateTimeField(null=True)
    renewed_at = models.DateTimeField(default=timezone.now)
    renewing_until = models.DateTimeField(null=True)  # one worker asks for a new one; the others wait for it

    def __str__(self) -> str:
        return f"token of {self.connection_id}"


class BudgetWindow(models.Model):
    """Calls made at one connection inside one rolling window, in slots of a twentieth of it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="budget_windows")
    seconds = models.PositiveIntegerField()
    calls = models.PositiveIntegerField()
    slots = models.JSONField(default=dict)
    vendor_said = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "seconds"], name="one_budget_window")]

    def __str__(self) -> str:
        return f"{self.calls} per {self.seconds} s"


class CallCount(models.Model):
    """Calls made at one connection for one run."""

    run_id = models.CharField(max_length=26)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run_id", "connection"], name="one_call_count")]

    def __str__(self) -> str:
        return f"{self.calls} calls of {self.run_id}"


class KnowledgeKind(models.TextChoices):
    FIELDS = "fields", _("Fields")
    LOOK_UP = "look_up", _("Look-up")


class Knowledge(models.Model):
    """What a vendor said last of one thing of its account: an object's fields, or the entries of a look-up."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="knowledge")
    kind = models.CharField(max_length=20, choices=KnowledgeKind)
    name = models.CharField(max_length=80)  # the object, or the look-up's key
    content = models.JSONField(default=list)
    fetched_at = models.DateTimeField(null=True)  # when it was asked for; None when it was never read
    forgotten_at = models.DateTimeField(null=True)  # what was asked for before this is known to be out of date
    asking_until = models.DateTimeField(null=True)  # one worker asks again; the others use what is there
    problem = models.TextField(blank=True)  # why it could not be read the last time
    problem_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "kind", "name"], name="one_knowledge")]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.kind} {self.name}"


class WatchState(models.Model):
    """How far one watch of a connection has got, and when it looks again."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="watches")
    key = models.CharField(max_length=40)
    cursor = models.TextField(blank=True)  # the vendor package's own words; "" before the first look
    begun_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    lease = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)  # when it saw everything there was
    found = models.PositiveBigIntegerField(default=0)  # events so far
    problem = models.TextField(blank=True)  # why the last look failed
    problem_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "key"], name="one_watch_state")]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.key}"


class RecordState(models.Model):
    """What a watch remembers of one record, to see at the next look what became different. It ends with the watch."""

    watch = models.ForeignKey(WatchState, on_delete=models.CASCADE, related_name="+", db_index=False)
    object = models.CharField(max_length=80)
    record_id = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["watch", "object", "record_id"], name="one_state_per_record")]

    def __str__(self) -> str:
        return f"{self.object} {self.record_id}"


class Person(models.Model):
    """One human, however many records stand for them."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("person")
        verbose_name_plural = _("people")
        permissions = [("merge_person", _("Can merge and separate people"))]
        indexes = [models.Index(Folded("name"), name="person_name")]

    def __str__(self) -> str:
        return self.name or self.id


class AddressKind(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")


class Address(models.Model):
    """An e-mail address (lower-cased) or phone (E.164) of a person.

    `slot` is 0 unless people were kept apart on purpose.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=10, choices=AddressKind)
    value = models.CharField(max_length=320)
    slot = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["value", "kind", "slot"], name="one_person_per_address")]

    def __str__(self) -> str:
        return self.value


WRITTEN = ""  # the base of a link that holds our own writes


class Link(models.Model):
    """Person ↔ one record at one connection.

    `snapshot` is what both sides last agreed on, in the record's own fields.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, db_index=False, related_name="links")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, db_index=False, related_name="links")
    object = models.CharField(max_length=80)
    record_id = models.CharField(max_length=200)
    snapshot = models.JSONField(default=dict)
    # By mapping: what the record held when that mapping read it last; under "": what we wrote there last.
    bases = models.JSONField(default=dict)
    synthetic = models.JSONField(default=list)  # fields whose value is a fallback, not data
    moved_to = models.JSONField(null=True)  # [object, record id] when the record lives on as another (converted lead)
    gone_at = models.DateTimeField(null=True)  # deleted at the vendor: never brought back by a late event
    preferred = models.BooleanField(default=False)  # of several records of the person, a human chose to write to this
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "record_id", "object"], name="one_link_per_record")
        ]
        indexes = [models.Index(fields=["person", "connection", "object"])]

    def __str__(self) -> str:
        return f"{self.object} {self.record_id}"


class EventState(models.TextChoices):
    NEW = "new", _("New")
    PLANNED = "planned", _("Planned")
    IGNORED = "ignored", _("Ignored")
    FAILED = "failed", _("Failed")
    QUARANTINED = "quarantined", _("Quarantined")


# Done and not emptied yet. State by state: SQLite knows this again as the condition of an index, a list it would not.
PRUNABLE = Q(pruned_at=None) & ~Q(state="new") & ~Q(state="failed") & ~Q(state="quarantined")


class EventSource(models.TextChoices):
    WEBHOOK = "webhook", _("Webhook")
    POLL = "poll", _("Poll")
    RESYNC = "resync", _("Resync")
    BACKFILL = "backfill", _("Backfill")
    REPLAY = "replay", _("Replay")


# What lists choose events by, newest first: every event has it, or some have a text.
EVENTS_ALWAYS = ("state", "connection", "person", "type")
EVENTS_SOME_SAY = ("object", "record_id", "vendor_event_id")


class Event(models.Model):
    """One thing a vendor told us, or that we noticed, stored raw before it is acknowledged."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, db_index=False, related_name="events")
    type = models.CharField(_("type"), max_length=60, blank=True)
    vendor_type = models.CharField(_("vendor's type"), max_length=80, blank=True)
    object = models.CharField(_("object"), max_length=80, blank=True)
    record_id = models.CharField(_("record"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=EventState, default=EventState.NEW)
    reason = models.TextField(_("reason"), blank=True)
    source = models.CharField(max_length=20, choices=EventSource, default=EventSource.WEBHOOK)
    lane = models.CharField(max_length=20, default="events")
    vendor_event_id = models.CharField(max_length=200, blank=True)
    dedupe_key = models.CharField(max_length=120)  # unique per connection: what makes the same event one event
    order_key = models.CharField(max_length=64)  # whose turn it is: events of one person are planned in order
    repeats = models.PositiveIntegerField(_("repeats"), default=0)
    body = models.BinaryField(default=bytes)  # as it came
    body_hash = models.CharField(max_length=64, blank=True)
    content_type = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=10, blank=True)
    record = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, db_index=False, related_name="events")
    run_id = models.CharField(max_length=26, blank=True)
    rule_name = models.CharField(max_length=120, blank=True)  # a resync of one rule runs only that rule
    replay_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, db_index=False, related_name="replays")
    occurred_at = models.DateTimeField(_("occurred"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    postponed_at = models.DateTimeField(null=True)  # since when it waits for that; None: it was to be due at once
    lease = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    planned_at = models.DateTimeField(null=True)
    pruned_at = models.DateTimeField(null=True)  # body, record and context were emptied; the hash is kept

    class Meta:
        ordering = ["-id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [models.UniqueConstraint(fields=["connection", "dedupe_key"], name="one_event_per_key")]
        indexes = [
            models.Index(fields=["lane", "occurred_at", "id"], name="event_queue", condition=Q(state="new")),
            models.Index(fields=["order_key", "occurred_at", "id"], name="event_order", condition=Q(state="new")),
            *(models.Index(fields=[name, "-id"], name=f"event_{name}") for name in EVENTS_ALWAYS),
            *(
                models.Index(fields=[name, "-id"], name=f"event_{name}", condition=~Q(**{name: ""}))
                for name in EVENTS_SOME_SAY
            ),
            models.Index(fields=["replay_of"], name="event_replay_of", condition=Q(replay_of__isnull=False)),
            models.Index(fields=["received_at"], name="event_prunable", condition=PRUNABLE),
            models.Index(fields=["received_at"], name="event_pruned", condition=Q(pruned_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.type or self.vendor_type or 'unknown'} {self.id}"


class ConflictKind(models.TextChoices):
    PEOPLE = "people", _("Is this one person or two?")
    RECORDS = "records", _("Which record is this person's?")


class ConflictState(models.TextChoices):
    OPEN = "open", _("To be settled")
    SETTLED = "settled", _("Settled")
    UNDONE = "undone", _("Undone")


class Settlement(models.TextChoices):
    SAME = "same", _("The same person")
    APART = "apart", _("Kept apart")
    SEPARATED = "separated", _("Separated")
    RECORDS = "records", _("Records chosen")
    OVERTAKEN = "overtaken", _("Overtaken by another decision")


CONFLICTS_ALWAYS = ("state", "kind", "connection", "person", "object", "settlement", "actor")


class IdentityConflict(models.Model):
    """One question of who is who that only a human can settle, with the events that wait for the answer."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    kind = models.CharField(_("question"), max_length=20, choices=ConflictKind)
    state = models.CharField(_("state"), max_length=20, choices=ConflictState, default=ConflictState.OPEN)
    key = models.CharField(max_length=64)  # the same question is asked once
    connection = models.ForeignKey(
        Connection,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="conflicts",
        verbose_name=_("connection"),
    )
    object = models.CharField(_("object"), max_length=80, blank=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, db_index=False, related_name="conflicts")
    candidates = models.JSONField(default=list)  # [{id, facts: {name: value}}], as they were when it was asked
    addresses = models.JSONField(default=list)  # what several people hold: [[kind, value]]
    events = models.ManyToManyField(Event, related_name="conflicts")  # wait for the answer
    settlement = models.CharField(_("decision"), max_length=20, choices=Settlement, blank=True)
    chosen = models.JSONField(default=list)  # ids of the candidates that were chosen
    moved = models.JSONField(default=dict)  # what the decision moved, so that it can be undone
    actor = models.CharField(_("decided by"), max_length=150, blank=True)
    opened_at = models.DateTimeField(_("asked"), default=timezone.now)
    settled_at = models.DateTimeField(_("decided"), null=True)
    undone_by = models.CharField(max_length=150, blank=True)
    undone_at = models.DateTimeField(_("undone"), null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("conflict")
        verbose_name_plural = _("conflicts")
        permissions = [("settle_identityconflict", _("Can settle conflicts of identity, and undo that"))]
        constraints = [models.UniqueConstraint(fields=["key"], condition=Q(state="open"), name="one_open_conflict")]
        indexes = [models.Index(fields=[name, "-id"], name=f"conflict_{name}") for name in CONFLICTS_ALWAYS]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"
