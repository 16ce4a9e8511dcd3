"""Every error the bridge raises on purpose, in three families that tell the caller what to do.

::

    BridgeError                       root, never raised itself
    ├── RejectedWebhook               answer 4xx, nothing queued
    │     InvalidSignature      401
    │     UnknownConnection     404
    │     NotATrialCall         404
    │     MalformedWebhook      400
    │     WebhookTooLarge       413
    ├── RetryableError                the message goes back to the queue
    │     CoopCycleUnavailable        certainly not processed: DNS, refused, connect timeout; or 503
    │       CoopCycleBlocked          a reading request was answered by a firewall's or proxy's page
    │     CredentialsRejected         CoopCycle refuses the token, id, secret or scope; an alarm of its own
    │       AccessDenied              its 403: another store's object, or a scope that is missing
    │     CoopCycleThrottled          429
    │     TokenUnavailable            token endpoint: transport error, 429, 5xx
    │     AlreadyInProgress           another invocation holds the order
    │     ShopUnavailable             the sender's own API gave no usable answer
    │     AwsUnavailable              DynamoDB, SQS or SSM throttles or fails
    │     RedactionUnfinished         a shop has more orders than one invocation redacts
    │     DeliveryOutcomeUnknown      sent, no answer of CoopCycle's; the next attempt reconciles first
    └── PermanentError                parked now, with a message safe to show
          UnmappableOrder             the order lacks something; names the field
          InvalidConnection           the connection's own settings are wrong; names the key
          CoopCycleRejected           CoopCycle refused the body; carries the violations
            NotFeasible               its rules for the store do not allow the delivery
          CoopCycleFails              CoopCycle answers 500 again and again to one body
            AddressNotFound           which most often is an address that it cannot find
          AwsRefused                  AWS refuses for good what would have to be stored
          ShopRejected                the sender's own API refuses to show the order
          DataRequested               a customer asks for their data; a person answers
          PrivacyUndecided            a request about a shop's data that may not be this connection's

No message holds a payload, a token, a secret or anything personal. "Ignored" is a value
(:class:`bridge.model.Ignored`), not an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class BridgeError(Exception):
    """Root of the taxonomy; ``code`` is the stable slug used in logs, metrics and park reasons."""

    code = "bridge_error"


# --- the receiver's answers ---------------------------------------------------------------------


class RejectedWebhook(BridgeError):
    """The request is answered with ``status`` and nothing is queued.

    ``reason`` is one of a closed set per class and goes to our log only; the sender sees ``code``.
    """

    code = "rejected"
    status = 400

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InvalidSignature(RejectedWebhook):
    """The signature is missing, malformed, wrong or too old; one class, so a sender learns nothing."""

    code = "invalid_signature"
    status = 401


class UnknownConnection(RejectedWebhook):
    """No connection of that id is configured."""

    code = "unknown_connection"
    status = 404


class NotATrialCall(RejectedWebhook):
    """A GET that is no sender's trial call: answered as if there were no such route."""

    code = "not_found"
    status = 404


class MalformedWebhook(RejectedWebhook):
    """Signed, but not readable: not UTF-8, not JSON, JSON of another shape, a header missing."""

    code = "malformed_webhook"
    status = 400


class WebhookTooLarge(RejectedWebhook):
    """The body does not fit a queue message even when compressed."""

    code = "webhook_too_large"
    status = 413


# --- the worker: again later --------------------------------------------------------------------


class RetryableError(BridgeError):
    """The message goes back to the queue; ``retry_after_seconds`` is the earliest useful moment, if known."""

    code = "retryable"
    wait_seconds: float | None = None  # until the next try, once the worker has chosen it

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class CoopCycleUnavailable(RetryableError):
    """CoopCycle certainly did not process the request: DNS, refused, connect timeout, or 503.

    Also a reading request without an answer of CoopCycle's own; ``status`` is its HTTP status if there
    was one.
    """

    code = "coopcycle_unavailable"

    def __init__(
        self, message: str, *, status: int | None = None, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.status = status


class CoopCycleBlocked(CoopCycleUnavailable):
    """A reading request was answered 4xx by a page that is not CoopCycle's: a firewall, a proxy."""

    code = "coopcycle_blocked"


class CoopCycleThrottled(RetryableError):
    """CoopCycle, or a proxy before it, answered 429; carries its ``Retry-After``."""

    code = "coopcycle_throttled"


class CredentialsRejected(RetryableError):
    """CoopCycle refuses the connection's client id, client secret or scope, or the token made of them.

    Only CoopCycle's own words say so; a page of a firewall never does. It can pass without anybody touching
    the connection (a deployment, a key that is being changed), so the order waits while the alarm rings.
    """

    code = "credentials_rejected"


class AccessDenied(CredentialsRejected):
    """CoopCycle's own 403 (recorded: token, store_and_slots): another store's object, or a missing scope."""

    status = 403


class TokenUnavailable(RetryableError):
    """The token endpoint could not be reached, or gave no answer of CoopCycle's: 429, 5xx, a foreign page."""

    code = "token_unavailable"


class AlreadyInProgress(RetryableError):
    """Another invocation holds this order, or has just changed its record."""

    code = "already_in_progress"


class ShopUnavailable(RetryableError):
    """The sender's own API could not be asked for the order: no answer, 429 or 5xx."""

    code = "shop_unavailable"


class AwsUnavailable(RetryableError):
    """DynamoDB, SQS or SSM refused or failed; names the operation and AWS's code for it."""

    code = "aws_unavailable"


class RedactionUnfinished(RetryableError):
    """A shop has more orders than one invocation redacts; the message comes again and goes on."""

    code = "redaction_unfinished"


class DeliveryOutcomeUnknown(RetryableError):
    """A change was sent and no answer of CoopCycle's came; whether it was done must be found out first.

    ``status`` is the HTTP status if there was one, else ``None``: 500, 502, 504, a 2xx without the delivery,
    or a 4xx page that is not CoopCycle's. A firewall that looks at answers puts its page over that of a
    request which was processed (the outbound rules of https://coreruleset.org/docs/).
    """

    code = "delivery_outcome_unknown"

    def __init__(
        self, message: str, *, status: int | None = None, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.status = status


# --- the worker: never again without a person ---------------------------------------------------


class PermanentError(BridgeError):
    """The message is parked now; ``str(error)`` is a sentence safe to show to anyone."""

    code = "permanent"


class UnmappableOrder(PermanentError):
    """The order lacks something a delivery needs; ``field`` names it in the sender's own terms."""

    code = "unmappable_order"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class InvalidConnection(PermanentError):
    """The connection's settings are wrong; ``problems`` are sentences "key: what is wrong, what is right"."""

    code = "invalid_connection"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Violation:
    """One entry of CoopCycle's ConstraintViolationList."""

    property_path: str
    message: str


class CoopCycleRejected(PermanentError):
    """CoopCycle refused the request for good (400, 404, 415, 422 …).

    ``violations`` holds the property paths of a ConstraintViolationList; CoopCycle's own texts are
    translated to the instance's language, so classify by ``status`` and property path only (recorded:
    phones, "a French number of the range kept for fiction"). The
    texts are attributes and not part of ``str(error)``: a text can quote what was sent.
    """

    code = "coopcycle_rejected"

    def __init__(self, status: int, violations: Sequence[Violation] = (), description: str = "") -> None:
        paths = ", ".join(v.property_path for v in violations if v.property_path)
        super().__init__(f"CoopCycle answered {status}" + (f" for {paths}" if paths else ""))
        self.status = status
        self.violations = tuple(violations)
        self.description = description

    @property
    def names_only_telephones(self) -> bool:
        """Whether telephones are all that is wrong: then nothing was made (recorded: phones)."""
        paths = [violation.property_path for violation in self.violations]
        return self.status == 400 and bool(paths) and all(path.endswith(".telephone") for path in paths)


class NotFeasible(CoopCycleRejected):
    """CoopCycle was asked before creating, and the store's rules, of zone or weight, do not allow it."""

    code = "not_feasible"

    def __init__(self, refusal: CoopCycleRejected) -> None:
        super().__init__(refusal.status, refusal.violations, refusal.description)
        self.args = (f"CoopCycle's rules for the store do not allow this delivery: {refusal}",)


class CoopCycleFails(PermanentError):
    """CoopCycle answered 500 to every attempt: it cannot find an address, or cannot store a text or a number.

    Recorded: create_addresses, "text that nobody finds", "a street of 300 characters"; create_goods. None of
    them leaves anything behind. ``longest`` are the longest texts of what was sent, by name and length.
    """

    code = "coopcycle_fails"
    _MOST_LIKELY = "a text or a number that it cannot store, or an address that it cannot find"

    def __init__(self, longest: Sequence[tuple[str, int]] = ()) -> None:
        look = ", ".join(f"{name} ({length} characters)" for name, length in longest)
        super().__init__(
            f"CoopCycle answered 500 three times, as it does to {self._MOST_LIKELY}; correct that in the shop"
            + (f". The longest of what was sent: {look}" if look else "")
        )


class AddressNotFound(CoopCycleFails):
    """The same where the address has no coordinates, so that CoopCycle has to look for it."""

    code = "address_not_found"
    _MOST_LIKELY = (
        "an address that it cannot find (correct it, or add its coordinates), and to a text or a number that "
        "it cannot store"
    )


class AwsRefused(PermanentError):
    """AWS refuses a request for good: it is too large or malformed, and would be so the next time."""

    code = "aws_refused"


class ShopRejected(PermanentError):
    """The sender's own API refuses to show the order; 401 and 403 mean a wrong ``shop_token``."""

    code = "shop_rejected"

    def __init__(self, status: int) -> None:
        hint = "; apply the connection's right shop token" if status in (401, 403) else ""
        super().__init__(f"the shop's API answered {status} to the question for the order{hint}")
        self.status = status


class DoneByHand(PermanentError):
    """The shop ends an order that a person has closed as done by hand: only a person can cancel it."""

    code = "done_by_hand"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the shop ends this order ({reason}), and it was done by hand on CoopCycle")


class DataRequested(PermanentError):
    """A customer asks for their data; names the orders by their ids."""

    code = "data_request"

    def __init__(self, orders: str) -> None:
        super().__init__(
            f"a customer asks for the data held of {orders}; give the shop what `bridge export` "
            "prints within 30 days, then discard this message"
        )


class PrivacyUndecided(PermanentError):
    """A request about the data of a shop that the connection does not say to be."""

    code = "privacy_undecided"

    def __init__(self, shop: str) -> None:
        super().__init__(
            f"the request is about {shop}, and this connection does not say that it is that shop; apply it "
            "with that [sender] shop_domain, then redrive, or discard the message"
        )
