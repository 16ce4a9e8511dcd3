"""What all forms share: which submission it is, and the order that ``[fields]`` makes of it.

A form has no lasting key of an order by nature. It is, in this order: what ``[fields] order_id`` finds, the
service's own id of the submission, a field named ``order_id``, and the fields that the setting ``key_fields``
names. Without any of these the push is kept and parked: a key made of everything would drop an order that
somebody repeats on purpose, and no key at all would book two couriers for one double click.

What a stranger may set: whoever can fill in a form writes what he likes, so nothing but what the connection
names says that an order is cancelled, paid for, or of another time (:data:`ONLY_NAMED`). A cancellation needs
more than the answers that ``key_fields`` names, since others may know these: the order's number, or the
service's id of the submission.
"""

from __future__ import annotations

import hashlib
import json
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, NamedTuple

from bridge.errors import UnmappableOrder
from bridge.fields.fields import KEY_FIELDS, apply_fields
from bridge.fields.parts import WISH_NAMES
from bridge.fields.values import Values
from bridge.model import Ignored, Order, PostalAddress, Writings, Written
from bridge.reasons import Reason
from bridge.schedule.vocabulary import read_name
from bridge.sources.shared.answers import MOST_ANSWERS, Answer, path_of, text_of
from bridge.sources.shared.base import Options, Payload, Push, Signed, Source, Traits, Trial, Webhook, push_id
from bridge.sources.shared.encodings import charset_of
from bridge.sources.shared.form_bodies import guess_content_type, load_json_object
from bridge.sources.shared.shown_secrets import SECRET_HEADER, verify_shared_secret
from bridge.text import shown_key

HONEYPOT = "honeypot"
TYPE_FIELD, TYPES, CANCEL_TYPES = "type_field", "types", "cancel_types"

# For senders that post several kinds of events to one address.
EVENT_SETTINGS: Mapping[str, str] = {
    TYPE_FIELD: 'the member of the body that names the kind of event, such as "eventType" or "meta.event", '
    'by default "type"',
    TYPES: "its values that are orders, with commas between; by default all",
    CANCEL_TYPES: "its values that say that an order is cancelled",
}
# Taken from a form only where the connection names them.
ONLY_NAMED = frozenset({"cancelled", "paid", "updated_at", "created_at"})

_ID = re.compile(r"[!-~]{1,64}", re.ASCII)
_SHOWN_ID_LENGTH = 6  # the end of it: services count upwards, or begin with the time


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that was filled in, in the shape that all services are brought to.

    ``document`` is what expressions look into; ``own`` the objects in it, by their paths, in which a field
    with one of our names is taken without an expression. ``submission_id`` is the service's lasting id,
    ``push_id`` that of this push, ``title`` the form's; each may be empty. ``cancelled`` is for senders that
    say so by themselves. Among ``answers`` a choice of time is looked for where no field of ours holds one.
    """

    document: Mapping[str, object]
    own: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    submission_id: str = ""
    push_id: str = ""
    submitted_at: datetime | None = None
    title: str = ""
    cancelled: bool = False
    answers: Sequence[Answer] = ()


# --- which submission ---------------------------------------------------------------------------


def _key_of_push(submission: Submission, push: Push, options: Options) -> str:
    """Return which order a submission is.

    One whose order cannot be told is kept under a key of its own bytes: :func:`parse_submission` says of it
    what is missing, and nothing is lost until somebody has read that.
    """
    try:
        return _order_key(submission, options).key
    except UnmappableOrder:
        return hashlib.sha256(push.body).hexdigest()


def _not_ours(submission: Submission, options: Options) -> Ignored | None:
    """Say why a submission is no order: ``honeypot``, or ``topic`` for a kind that is not followed."""
    name = options.settings.get(HONEYPOT, "")
    value = submission.document.get(name) if name else None
    if bool(value.strip()) if isinstance(value, str) else bool(value):
        return Ignored(Reason.HONEYPOT)
    followed = _listed(options, TYPES)
    kind = event_kind(submission.document, options)
    return (
        Ignored(Reason.TOPIC)
        if followed and kind and kind not in followed | _listed(options, CANCEL_TYPES)
        else None
    )


def event_kind(document: Mapping[str, object], options: Options) -> str:
    """Return the kind of event that a body says it is, "" where it says none."""
    found: object = document
    for name in (options.settings.get(TYPE_FIELD, "") or "type").split("."):
        found = found.get(name.strip()) if isinstance(found, Mapping) else None
    return text_of(found)


def _listed(options: Options, key: str) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, options.settings.get(key, "").split(","))))


class _Key(NamedTuple):
    key: str  # fit for a queue and a table
    shown: str  # what people would call the order
    is_secret: bool = True  # others cannot work it out from the answers


def _order_key(submission: Submission, options: Options) -> _Key:
    """Return the order's key.

    Raises:
        UnmappableOrder: there is none, or an expression does not fit; says what would be right.

    """
    values = _values(submission, options)
    named = values.text("order_id")
    if named and ("order_id" in options.fields or not submission.submission_id):
        return _Key(_fit(named) or _hash(named), named)
    if submission.submission_id:
        shown = f"{submission.title} {submission.submission_id[-_SHOWN_ID_LENGTH:]}".strip()
        return _Key(_fit(submission.submission_id) or _hash(submission.submission_id), shown)
    names = options.settings.get(KEY_FIELDS, "").replace(",", " ").split()
    texts = [_plain(values.raw(name)) for name in names]
    if not any(texts):
        raise UnmappableOrder(
            "fields.order_id",
            "is found nowhere in this form: name the field with the order's number as [fields] order_id, or "
            'the answers that tell orders apart as [sender] key_fields = "email, date, address"',
        )
    key = _hash("\n".join(texts))
    return _Key(key, f"{submission.title} {key[-_SHOWN_ID_LENGTH:]}".strip(), is_secret=False)


def _values(submission: Submission, options: Options) -> Values:
    return Values(submission.document, options.fields, submission.own, ONLY_NAMED)


def _fit(given: str) -> str:
    """Return an id that is short and printable ASCII, "" for another."""
    return given if _ID.fullmatch(given) else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> str:
    """Write an answer so that blanks and capitals make no difference."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, str):
        return " ".join(value.split()).casefold()
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


# --- the order ----------------------------------------------------------------------------------


def parse_submission(submission: Submission, payload: Payload, options: Options) -> Order | Ignored:
    """Make the order of a submission by ``[fields]``, and by the fields that have our own names.

    Ignored: ``honeypot``, ``topic``; retracting: ``cancelled``.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.

    """
    if (ignored := _not_ours(submission, options)) is not None:
        return ignored
    key = _order_key(submission, options)
    kind = event_kind(submission.document, options)
    if _listed(options, TYPES) and not kind:
        raise UnmappableOrder(
            f"sender.{TYPE_FIELD}",
            f"finds no kind of event in this body, and sender.{TYPES} decides by it; name where it stands",
        )
    moment = submission.submitted_at or payload.received_at
    order = Order(
        order_id=key.key, name=key.shown, updated_at=moment, created_at=moment, address=PostalAddress()
    )
    cancelled = submission.cancelled or bool(kind and kind in _listed(options, CANCEL_TYPES))
    made = apply_fields(order, _values(submission, options), cancelled=cancelled)
    if isinstance(made, Ignored):
        if not key.is_secret:
            raise UnmappableOrder(
                "fields.cancelled",
                "says that the order is cancelled, but only key_fields say which: whoever knows these "
                "answers could cancel it; name the order's own number as [fields] order_id",
            )
        return made
    return replace(made, writings=_writings(submission, options))


def _writings(submission: Submission, options: Options) -> Writings:
    """Return where a choice of time may stand, unless the connection names where it does.

    Questions that the service calls a date count as they are, others where they speak of a day or an hour of
    delivery.
    """
    if any(name in options.fields for name in WISH_NAMES):
        return Writings()
    values = _values(submission, options)
    entries = [
        Written(one.label, one.value, shown_key(one.path), "question" if one.is_date else "order")
        for one in submission.answers[:MOST_ANSWERS]
        if (one.is_date or _speaks_of_delivery(one.label))
        and not any(values.is_named(path) for path in (one.path, path_of("labels", one.label)))
    ]
    return Writings(tuple(entries), date_setting="fields.date", time_setting="fields.time")


def _speaks_of_delivery(label: str) -> bool:
    name = read_name(label)
    return name.delivery and (name.date or name.time) and not name.other


# --- a form service as a source -----------------------------------------------------------------


def form_traits(
    title: str,
    *,
    signature: str,
    replay: str,
    tested_with: str,
    create: str = "each submission",
    update: str = "the same [fields] order_id again",
    cancel: str = "[fields] cancelled",
) -> Traits:
    """Return the traits of a form service, most of which all have in common."""
    window = "[fields] date, time, after, before"
    return Traits(title, signature, replay, create, update, cancel, window, tested_with)


class FormSource(Source):
    """A form service: its class says how a body is read, and whose submission it is."""

    TOPICS = ("submission",)
    SETTINGS: ClassVar[Mapping[str, str]] = {
        KEY_FIELDS: "names of [fields] that together tell orders apart where the form has no id of its own, "
        'such as "email, date, address"; the same answers again are the same delivery',
    }
    EVENT_FIELD: ClassVar[str] = (
        ""  # where other events come too: the member of the body that must be the topic
    )

    def load(self, body: bytes, content_type: str) -> Mapping[str, object]:
        """Read the body of a service that posts JSON alone, whatever it calls it.

        Raises:
            MalformedWebhook: what :func:`~bridge.sources.shared.form_bodies.load_json_object` says.

        """
        return load_json_object(body, charset_of(content_type))

    @abstractmethod
    def read(self, body: Mapping[str, object]) -> Submission:
        """Make the submission of a body.

        Raises:
            MalformedWebhook: it is none.

        """

    def webhook_id(self, submission: Submission, push: Push) -> str:
        """Return the service's id of the push, "" where it gives none."""
        return submission.push_id

    def complete(self, options: Options) -> Options:
        """Return the options with what the service's own bodies need no setting for."""
        return options

    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order a verified submission is.

        Ignored: ``honeypot`` for a robot's, ``topic`` for an event that is no order.

        Raises:
            MalformedWebhook: what :meth:`load` and :meth:`read` say.

        """
        body = self.load(push.body, push.content_type)
        if self._is_another_event(body):
            return Ignored(Reason.TOPIC)
        submission = self.read(body)
        if (ignored := _not_ours(submission, options)) is not None:
            return ignored
        return Webhook(
            self.TOPICS[0],
            webhook_id=push_id(self.webhook_id(submission, push)),
            order_id=_key_of_push(submission, push, self.complete(options)),
        )

    def document(self, payload: Payload) -> Mapping[str, object]:
        """Return what expressions look into."""
        return self.read(self.load(payload.body, payload.content_type)).document

    def _updated_at(self, payload: Payload, options: Options) -> datetime | None:
        submission = self.read(self.load(payload.body, payload.content_type))
        named = _values(submission, self.complete(options)).moment("updated_at")
        return named or submission.submitted_at

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Make the order of a submission; see :func:`parse_submission`.

        Raises:
            UnmappableOrder: a field has the wrong type or is missing; names it.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        body = self.load(payload.body, payload.content_type)
        if self._is_another_event(body):
            return Ignored(Reason.TOPIC)
        return parse_submission(self.read(body), payload, self.complete(options))

    def _is_another_event(self, body: Mapping[str, object]) -> bool:
        return bool(self.EVENT_FIELD) and body.get(self.EVENT_FIELD) != self.TOPICS[0]


class UnsignedFormSource(FormSource):
    """A form service that cannot sign: the secret itself is shown, in a header or in the address."""

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check the secret in the header ``X-Webhook-Secret`` or in the address.

        Raises:
            InvalidSignature: see :func:`~bridge.sources.shared.shown_secrets.verify_shared_secret`.

        """
        verify_shared_secret(push, secrets)

    def pushed(self, trial: Trial) -> Signed:
        """Show the secret in the header, with the content type that the body has by its looks."""
        return Signed(
            trial.body, {"Content-Type": guess_content_type(trial.body), SECRET_HEADER: trial.secret}
        )
