"""Tables of 'what happened': the ledger of changes, their attempts, and the register of opt-outs."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.ids import new_id
from integrations.models import Connection, Event, Person

from .hooks.models import Hook as Hook  # tables of this room that stand beside what they are for
from .hooks.models import HookDelivery as HookDelivery
from .notifications.models import Alert as Alert
from .notifications.models import Notification as Notification
from .notifications.models import NotificationChannel as NotificationChannel


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    CALL = "call", _("Call")
    WHATSAPP = "whatsapp", _("WhatsApp")
    ALL = "all", _("All channels")


class OptOutState(models.TextChoices):
    OPEN = "open", _("In force")
    LIFTED = "lifted", _("Lifted by a newer opt-in")
    JOINED = "joined", _("Joined to another when people were merged")


class OptOut(models.Model):
    """A person's "stop", by address, channel and scope, with its evidence."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False, related_name="opt_outs")
    address = models.CharField(_("address"), max_length=320, blank=True)
    channel = models.CharField(_("channel"), max_length=20, choices=Channel, default=Channel.EMAIL)
    scope = models.CharField(_("scope"), max_length=20, default="global")  # global | list
    list_id = models.CharField(_("list"), max_length=120, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=OptOutState, default=OptOutState.OPEN)
    reason = models.TextField(_("reason"), blank=True)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, db_index=False, related_name="opt_outs_heard")
    event = models.ForeignKey(Event, null=True, on_delete=models.SET_NULL, related_name="opt_outs")
    evidence = models.JSONField(
        default=dict
    )  # event id, vendor's event id, body hash: what proves it when the event is pruned
    targets = models.JSONField(default=list)  # names of the connections that must know
    already = models.JSONField(
        default=list
    )  # records that held it when we looked: [{connection, object, record_id, at}]
    joined_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="joined")
    rule = models.CharField(max_length=120, blank=True)
    heard_at = models.DateTimeField(_("heard"))  # when the person said so first
    heard_last_at = models.DateTimeField(null=True)  # when they said so again: only what is newer than that lifts it
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    lifted_by = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "address", "channel", "scope", "list_id"],
                condition=Q(state="open"),
                name="one_open_opt_out",
            )
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="opt_out_person"),
            models.Index(fields=["state", "-id"], name="opt_out_state"),
            models.Index(fields=["channel", "-id"], name="opt_out_channel"),
            models.Index(fields=["scope", "-id"], name="opt_out_scope"),
            models.Index(fields=["address", "-id"], name="opt_out_address"),
            models.Index(fields=["rule", "-id"], name="opt_out_rule"),
            models.Index(fields=["connection", "-id"], name="opt_out_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.address}"


class ChangeState(models.TextChoices):
    HELD = "held", _("Waits for approval")
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    APPLIED = "applied", _("Applied")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    REJECTED = "rejected", _("Rejected")


FINAL = (ChangeState.APPLIED, ChangeState.CANCELLED, ChangeState.REJECTED)
UNFINISHED = (ChangeState.HELD, ChangeState.QUEUED, ChangeState.SENDING, ChangeState.FAILED)
BY_RULE = "rule"  # the actor of nearly every change
# Conditions of partial indexes, to be said in a query in these very words. State by state: SQLite knows that again, a
# list it would not.
LINED_UP = Q(state="queued") | Q(state="sending")
TELLING = Q(kind="opt_out") & (Q(state="held") | Q(state="queued") | Q(state="sending") | Q(state="failed"))
UNSEALED = Q(seal_number=None) & ~Q(state="held") & ~Q(state="queued") & ~Q(state="sending") & ~Q(state="failed")
OF_A_RUN = ~Q(run_id="")


class Kind(models.TextChoices):
    CONTACT = "contact", _("Contact")
    TASK = "task", _("Task")
    NOTE = "note", _("Note")
    TAG = "tag", _("Tag")
    OPT_OUT = "opt_out", _("Opt-out")
    CAMPAIGN = "campaign", _("Campaign")
    APPOINTMENT = "appointment", _("Appointment")
    MESSAGE = "message", _("Message")
    OTHER = "other", _("Other")


class Brake(models.TextChoices):
    """The sorts of change whose number per hour is limited."""

    CREATE = "create", _("Records made by a run")
    OPT_OUT = "opt_out", _("Opt-outs")
    BLANK = "blank", _("Fields emptied")
    DELETE = "delete", _("Deletions")


# What lists choose changes by, newest first: every change has it, some have a text, some have any.
ALWAYS = ("state", "connection", "person", "kind", "object", "operation", "rule")
SOME_SAY = ("mapping", "record_id", "external_id", "run_id", "error_code", "braked")
SOME_HAVE = ("event", "opt_out", "depends_on", "replaces", "decided_by", "mapping_version")


class Change(models.Model):
    """One intended write to one vendor: the unit of audit, approval, retry and undo."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    state = models.CharField(_("state"), max_length=20, choices=ChangeState, default=ChangeState.QUEUED)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, db_index=False, related_name="changes", verbose_name=_("connection")
    )
    object = models.CharField(_("object"), max_length=80)
    operation = models.CharField(_("operation"), max_length=40)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.OTHER)
    record_id = models.CharField(_("record"), max_length=200, blank=True)
    key_field = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(_("external id"), max_length=300, blank=True)
    person = models.ForeignKey(
        Person,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="changes",
        verbose_name=_("person"),
    )
    event = models.ForeignKey(
        Event,
        null=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="changes",
        verbose_name=_("event"),
    )
    opt_out = models.ForeignKey(
        OptOut,
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="changes",
        verbose_name=_("opt-out"),
    )
    rule = models.CharField(_("rule"), max_length=120, blank=True)
    mapping = models.CharField(_("mapping"), max_length=120, blank=True)
    mapping_version = models.PositiveIntegerField(_("mapping version"), null=True)
    diff = models.JSONField(_("before and after"), default=dict)  # {field: {before, after, from, via, synthetic}}
    params = models.JSONField(default=dict)  # what is not a field: campaign, status
    notes = models.JSONField(default=list)  # what was cut, dropped or left out, in plain words
    known = models.JSONField(
        default=dict
    )  # the whole record as it will be known once applied: the link's next snapshot
    lane = models.CharField(max_length=20, default="events")
    order_key = models.CharField(max_length=64)  # changes to one record are delivered in order
    identity = models.CharField(max_length=64, unique=True, null=True)  # the same intent is recorded once
    depends_on = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, db_index=False, related_name="dependants"
    )
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, db_index=False, related_name="replacements"
    )
    run_id = models.CharField(max_length=26, blank=True)
    braked = models.CharField(max_length=20, blank=True)  # its sort, when that is one of Brake
    held_reason = models.TextField(_("why it waits"), blank=True)
    created = models.BooleanField(_("made a new record"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # attempts since a person last decided: what the ladder counts
    unknown_outcome = models.BooleanField(default=False)  # an attempt was sent and no answer came
    error = models.JSONField(_("error"), null=True)  # {code, vendor_code, message, help}
    error_code = models.CharField(max_length=60, blank=True)
    actor = models.CharField(_("asked for by"), max_length=150, default=BY_RULE)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(_("comment"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    postponed_at = models.DateTimeField(null=True)  # since when it waits for that; None: it was to be due at once
    lease = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(_("applied"), null=True)
    read_back_at = models.DateTimeField(_("read back"), null=True)
    seal_number = models.PositiveIntegerField(_("seal"), null=True)  # where it stands in the chain, once final

    folds: Sequence[str] = ()  # ids of unsent changes that it may take in when it is recorded; not stored

    class Meta:
        ordering = ["-id"]
        verbose_name = _("change")
        verbose_name_plural = _("audit log")
        permissions = [
            ("retry_change", _("Can retry changes")),
            ("decide_change", _("Can approve and reject changes")),
            ("undo_change", _("Can undo changes")),
        ]
        indexes = [
            models.Index(fields=["lane", "next_attempt_at", "id"], name="change_queue", condition=LINED_UP),
            models.Index(fields=["order_key", "id"], name="change_order", condition=LINED_UP),
            models.Index(fields=["opt_out", "created_at"], name="change_telling", condition=TELLING),
            *(models.Index(fields=[name, "-id"], name=f"change_{name}") for name in ALWAYS),
            *(
                models.Index(fields=[name, "-id"], name=f"change_{name}", condition=~Q(**{name: ""}))
                for name in SOME_SAY
            ),
            *(
                models.Index(fields=[name, "-id"], name=f"change_{name}", condition=Q(**{f"{name}__isnull": False}))
                for name in SOME_HAVE
            ),
            models.Index(fields=["run_id", "kind", "state", "created", "event"], name="change_run", condition=OF_A_RUN),
            models.Index(fields=["actor", "-id"], name="change_actor", condition=~Q(actor=BY_RULE)),
            models.Index(fields=["applied_at"], name="change_applied", condition=Q(applied_at__isnull=False)),
            models.Index(fields=["id"], name="change_unsealed", condition=UNSEALED),
            models.Index(fields=["seal_number"], name="change_sealed", condition=Q(seal_number__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.object} {self.id}"


class AttemptResult(models.TextChoices):
    SENDING = "sending", _("Being sent")
    APPLIED = "applied", _("Applied")
    LATER = "later", _("Tried again later")
    FAILED = "failed", _("Failed")
    CRASHED = "crashed", _("The worker stopped in the middle")


class Attempt(models.Model):
    """One call made for a change, or for a batch that contains it, with its result."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    change = models.ForeignKey(Change, on_delete=models.CASCADE, db_index=False, related_name="attempt_rows")
    number = models.PositiveSmallIntegerField()
    batch = models.CharField(max_length=26)
    rows = models.PositiveSmallIntegerField(default=1)  # changes that went out in the same call
    result = models.CharField(max_length=20, choices=AttemptResult, default=AttemptResult.SENDING)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    exchanges = models.JSONField(default=list)  # the HTTP calls, redacted; kept on the first change of a batch
    response = models.JSONField(null=True)  # the vendor's answer for this row
    error = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["change", "number"]), models.Index(fields=["batch"])]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.change_id}"


class LoadState(models.TextChoices):
    BEGINNING = "beginning", _("Being handed over")
    UNDER_WAY = "under_way", _("Under way at the vendor")
    DONE = "done", _("Done")
    LOST = "lost", _("Lost")


class Load(models.Model):
    """Thousands of changes that a vendor works off as one job. Its id is the lease of each change in it."""

    id = models.CharField(primary_key=True, max_length=26, default=new_id, editable=False)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="loads")
    object = models.CharField(max_length=80)
    operation = models.CharField(max_length=40)  # as the vendor is asked for it
    run_id = models.CharField(max_length=26, blank=True)
    job = models.CharField(max_length=120, blank=True)  # the vendor's id of it; "" until it was opened there
    state = models.CharField(max_length=20, choices=LoadState, default=LoadState.BEGINNING)
    rows = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=dict)  # once it is over: how many attempts ended in which way
    looks = models.PositiveIntegerField(default=0)
    exchanges = models.JSONField(default=list)  # the calls of its beginning, until they stand with an attempt
    lease = models.CharField(max_length=26, blank=True)
    lease_until = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(default=timezone.now)  # when it is looked at next
    postponed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["next_attempt_at"], name="load_open", condition=Q(finished_at=None))]

    def __str__(self) -> str:
        return f"load of {self.rows} {self.object}"


class Seal(models.Model):
    """One link of the chain over final changes: what a batch of them held, and the seal before. Never edited."""

    number = models.PositiveIntegerField(primary_key=True)
    previous = models.CharField(max_length=64, unique=True)  # digest of the seal before: there is one after each
    digest = models.CharField(max_length=64)
    count = models.PositiveIntegerField()
    entries = models.JSONField()  # in order: [change id, hash of its facts, person, event, who decided]
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"seal {self.number}"


class Tally(models.Model):
    """How many sealed changes of one hour ended in one state: what the dashboard adds up instead of the ledger."""

    hour = models.DateTimeField()  # in which they were recorded
    state = models.CharField(max_length=20, choices=ChangeState)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "state"], name="one_tally")]

    def __str__(self) -> str:
        return f"{self.count} {self.state} {self.hour:%Y-%m-%d %H:%M}"


class Chore(models.Model):
    """Something done now and then in the background: when it is due next, and how far it has got."""

    name = models.CharField(primary_key=True, max_length=40)
    due_at = models.DateTimeField(default=timezone.now)
    cursor = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class Restart(models.Model):
    """One time that a host's parent had to start one of its processes again."""

    host = models.CharField(max_length=120)
    child = models.CharField(max_length=40)  # web, or the lane
    reason = models.CharField(max_length=200)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["-at"], name="restart_at")]

    def __str__(self) -> str:
        return f"{self.child} at {self.host}"
