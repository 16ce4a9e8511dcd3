"""What all forms share: who may post, which submission it is, and the order that ``[fields]`` makes of it.

A form has no lasting key of an order by nature. It is, in this order: what ``[fields] order_id`` finds, the
service's own id of the submission, a field named ``order_id``, and the fields that the setting ``key_fields``
names. Without any of these the push is refused: a key made of everything would drop an order that somebody
repeats on purpose, and no key at all would book two couriers for one double click.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.errors import InvalidSignature, MalformedWebhook, UnmappableOrder
from bridge.fields.fields import KEY_FIELDS, apply_fields
from bridge.fields.values import Values, number_text
from bridge.model import Ignored, Order, PostalAddress
from bridge.sources.shared.base import Options, Payload, Push, Signed, Webhook
from bridge.sources.shared.encodings import charset_of
from bridge.sources.shared.form_bodies import guess_content_type, load_json_object

HONEYPOT = "honeypot"
SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105  # a header's name

SETTINGS: Mapping[str, str] = {
    KEY_FIELDS: "names of [fields] that together tell orders apart where the form has no id of its own, such "
    'as "email, date, address"; the same answers again are the same delivery',
}

_ID = re.compile(r"[!-~]{1,64}", re.ASCII)
_PUSH_ID = re.compile(r"[!-~]{1,128}", re.ASCII)
_SHOWN_ID_LENGTH = 6  # the end of it: services count upwards, or begin with the time


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that was filled in, in the shape that all services are brought to.

    ``document`` is what expressions look into; ``own`` the objects in it, by their paths, in which a field
    with one of our names is taken without an expression. ``submission_id`` is the service's lasting id,
    ``push_id`` that of this push, ``title`` the form's; each may be empty. ``cancelled`` is for senders that
    say so by themselves.
    """

    document: Mapping[str, object]
    own: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    submission_id: str = ""
    push_id: str = ""
    submitted_at: datetime | None = None
    title: str = ""
    cancelled: bool = False


# --- who may post -------------------------------------------------------------------------------


def verify_shared_secret(push: Push, secrets: Sequence[str], options: Options) -> None:
    """Check the secret in the header ``X-Webhook-Secret`` or in the address, for senders that cannot sign.

    To be imported by such a source as its ``verify``.

    Raises:
        InvalidSignature: ``no_secret``, ``signature_missing`` or ``signature_mismatch``.

    """
    del options
    known = [_digest(secret) for secret in secrets if secret.strip()]
    if not known:
        raise InvalidSignature("no_secret")
    shown = (push.headers.get(SECRET_HEADER.lower(), ""), push.path_secret)
    given = [_digest(secret) for secret in shown if secret.strip()]
    if not given:
        raise InvalidSignature("signature_missing")
    # Digests have one length, and all pairs are compared before any is looked at.
    matches = [hmac.compare_digest(one, other) for one in given for other in known]
    if True not in matches:
        raise InvalidSignature("signature_mismatch")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def show_in_header(
    body: bytes, secret: str, *, topic: str, webhook_id: str, sent_at: datetime, options: Options
) -> Signed:
    """Push a sample with the secret in the header, and the content type that it has by its looks.

    To be imported as ``sign``, like the next one.
    """
    del topic, webhook_id, sent_at, options
    return Signed(body, {"Content-Type": guess_content_type(body), SECRET_HEADER: secret})


def show_in_address(
    body: bytes, secret: str, *, topic: str, webhook_id: str, sent_at: datetime, options: Options
) -> Signed:
    """Push a sample with the secret in the address."""
    del topic, webhook_id, sent_at, options
    return Signed(body, {"Content-Type": guess_content_type(body)}, path_secret=secret)


# --- which submission ---------------------------------------------------------------------------


def identify_submission(
    submission: Submission, push: Push, options: Options, *, topic: str
) -> Webhook | Ignored:
    """Find out which order a submission is; ``Ignored("honeypot")`` for a robot's.

    Raises:
        MalformedWebhook: ``order_id_missing``, or ``order_id_unreadable`` where an expression does not fit.

    """
    if _caught(submission, options):
        return Ignored("honeypot")
    push_id = submission.push_id if _PUSH_ID.fullmatch(submission.push_id) else ""
    return Webhook(
        topic=topic,
        webhook_id=push_id or hashlib.sha256(topic.encode() + b"\n" + push.body).hexdigest(),
        order_id=_order_key(submission, options)[0],
    )


def _caught(submission: Submission, options: Options) -> bool:
    """Tell whether the field that people do not see was filled in."""
    name = options.settings.get(HONEYPOT, "")
    value = submission.document.get(name) if name else None
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def _order_key(submission: Submission, options: Options) -> tuple[str, str]:
    """Return the order's key, fit for a queue and a table, and what people would call the order."""
    values = Values(submission.document, options.fields, submission.own)
    try:
        named = values.text("order_id")
        if named and ("order_id" in options.fields or not submission.submission_id):
            return _fit(named) or _hash(named), named
        if submission.submission_id:
            shown = f"{submission.title} {submission.submission_id[-_SHOWN_ID_LENGTH:]}".strip()
            return _fit(submission.submission_id) or _hash(submission.submission_id), shown
        chosen = [values.raw(name) for name in options.settings.get(KEY_FIELDS, "").replace(",", " ").split()]
    except UnmappableOrder as error:
        raise MalformedWebhook("order_id_unreadable") from error
    texts = [_plain(value) for value in chosen]
    if not any(texts):
        raise MalformedWebhook("order_id_missing")
    key = _hash("\n".join(texts))
    return key, f"{submission.title} {key[-_SHOWN_ID_LENGTH:]}".strip()


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


def text_of(value: object) -> str:
    """Return an id that a service writes as a text or as a whole number; "" for anything else."""
    if isinstance(value, str):
        return value.strip()
    return number_text(value) if isinstance(value, int) and not isinstance(value, bool) else ""


# --- the order ----------------------------------------------------------------------------------


def parse_submission(submission: Submission, payload: Payload, options: Options) -> Order | Ignored:
    """Make the order of a submission by ``[fields]``, and by the fields that have our own names.

    Ignored: ``honeypot``; retracting: ``cancelled``.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.
        MalformedWebhook: what :func:`identify_submission` refuses too.

    """
    if _caught(submission, options):
        return Ignored("honeypot")
    order_id, name = _order_key(submission, options)
    moment = submission.submitted_at or payload.received_at
    order = Order(order_id=order_id, name=name, updated_at=moment, created_at=moment, address=PostalAddress())
    values = Values(submission.document, options.fields, submission.own)
    return apply_fields(order, values, cancelled=submission.cancelled)


# --- a form service as a source -----------------------------------------------------------------


def load_json(body: bytes, content_type: str) -> Mapping[str, object]:
    """Read the body of a service that posts JSON alone, whatever it calls it.

    Raises:
        MalformedWebhook: what :func:`~bridge.sources.shared.form_bodies.load_json_object` says.

    """
    return load_json_object(body, charset_of(content_type))


@dataclass(frozen=True, slots=True)
class FormService:
    """What one service's source does with a body; its module offers these methods under their names.

    ``load`` reads the body by its content type, ``read`` makes the submission of it, and both may raise
    ``MalformedWebhook``. Where the service pushes other events too, ``event_key`` names the member of the
    body that must be ``topic``.
    """

    topic: str
    load: Callable[[bytes, str], Mapping[str, object]]
    read: Callable[[Mapping[str, object]], Submission]
    event_key: str = ""

    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order a verified submission is; ``Ignored("topic")`` for another event.

        Raises:
            MalformedWebhook: ``order_id_missing``, ``order_id_unreadable``, or what the service's two
                readers say.

        """
        body = self.load(push.body, push.content_type)
        if self._is_another_event(body):
            return Ignored("topic")
        return identify_submission(self.read(body), push, options, topic=self.topic)

    def document(self, payload: Payload) -> Mapping[str, object]:
        """Return what expressions look into."""
        return self.read(self.load(payload.body, payload.content_type)).document

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Make the order of a submission; see :func:`parse_submission`.

        Raises:
            UnmappableOrder: a field has the wrong type or is missing; names it.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        body = self.load(payload.body, payload.content_type)
        if self._is_another_event(body):
            return Ignored("topic")
        return parse_submission(self.read(body), payload, options)

    def _is_another_event(self, body: Mapping[str, object]) -> bool:
        return bool(self.event_key) and body.get(self.event_key) != self.topic


# --- answers ------------------------------------------------------------------------------------


def labelled(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Return answers by the question's text; of two with the same text the first that was answered counts."""
    found: dict[str, object] = {}
    for label, value in pairs:
        if label and found.get(label) in (None, "", []):
            found[label] = value
    return found


def own_names(labels: Mapping[str, object]) -> dict[str, object]:
    """Return answers by the question's text written as we write names: "Order ID" is ``order_id``."""
    return labelled(
        [(re.sub(r"\W+", "_", label.casefold()).strip("_"), value) for label, value in labels.items()]
    )
