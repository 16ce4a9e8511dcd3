"""Why messages are parked: each code with its meaning and the cure.

This is the one table; the documentation's is made of it. A message is parked with the code of its
:class:`bridge.errors.BridgeError`, or, where there was none, with one of the two names below. Texts are one
line of Markdown without links, and name commands of `bridge`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UNREADABLE = "unreadable_message"
RECEIVED_TOO_OFTEN = "received_too_often"  # of what SQS has moved to the dead-letter queue by itself

_AGAIN = "redrive when the reason is gone"
_IN_THE_SHOP = "correct the order in the shop, whose next webhook is a new attempt"
_APPLY = "(`bridge connections apply`), then redrive"


@dataclass(frozen=True, slots=True)
class ParkedReason:
    """What a code means, and what a person does about it."""

    code: str
    meaning: str
    cure: str


_ALL = (
    # A person has to mend something.
    ParkedReason(
        "unmappable_order",
        "the order lacks what a delivery needs; the sentence names the field",
        f"{_IN_THE_SHOP}; or mend the connection, then redrive",
    ),
    ParkedReason(
        "coopcycle_rejected",
        "CoopCycle refused the body; the property paths say where",
        "mend what the property paths name, in the shop or in the connection, then redrive",
    ),
    ParkedReason(
        "not_feasible",
        "CoopCycle's own rules for the store (a zone, a weight, hours) do not allow the delivery, and the "
        "connection asks for them",
        "change the store's rules on CoopCycle, then redrive; or discard it and tell the customer",
    ),
    ParkedReason(
        "address_not_found",
        "CoopCycle answered 500 three times, as it does when it cannot find an address; the sentence names "
        "the longest texts too",
        "correct the address in the shop, whose next webhook is a new attempt",
    ),
    ParkedReason(
        "coopcycle_fails",
        "the same, though the address has coordinates: a text or a number that it cannot store",
        f"{_IN_THE_SHOP}: shorten what the sentence names",
    ),
    ParkedReason(
        "aws_refused",
        "AWS refuses for good what would have to be stored: too large, or malformed",
        f"{_IN_THE_SHOP}",
    ),
    ParkedReason(
        "shop_rejected",
        "the shop's API refuses to show the order",
        f"apply the right shop token {_APPLY}",
    ),
    ParkedReason(
        "invalid_connection",
        "the connection's settings are wrong; the sentence names the key",
        f"apply a right connection {_APPLY}",
    ),
    ParkedReason(
        "unknown_connection",
        "the connection was removed",
        f"apply the connection again {_APPLY}",
    ),
    ParkedReason(
        "malformed_webhook",
        "nothing can be made of the body",
        "discard it",
    ),
    ParkedReason(
        "done_by_hand",
        "the shop ends an order that was closed as done by hand",
        "cancel by hand on CoopCycle what was made by hand there, then close it again",
    ),
    ParkedReason(
        "data_request",
        "a customer asks for their data (docs/senders.md)",
        "send the shop what `bridge export` prints of these orders, within 30 days, then discard it",
    ),
    ParkedReason(
        "privacy_undecided",
        "a request about personal data names a shop that the connection does not say to be",
        "give the connection the right sender.shop_domain and apply it, then redrive; or discard it, if it "
        "is about another shop",
    ),
    # Tried for a day in vain.
    ParkedReason(
        "credentials_rejected",
        "CoopCycle has refused the client id, the client secret or the scope for a day",
        f"apply the right credentials {_APPLY}",
    ),
    ParkedReason(
        "coopcycle_unavailable",
        "CoopCycle could not be reached for a day",
        f"see whether the instance answers; {_AGAIN}",
    ),
    ParkedReason(
        "coopcycle_blocked",
        "for a day a firewall or a proxy before CoopCycle answered with a page of its own",
        f"ask the instance's administrators to let the bridge through; {_AGAIN}",
    ),
    ParkedReason(
        "coopcycle_throttled",
        "CoopCycle, or a proxy before it, answered 429 for a day",
        f"ask the instance's administrators for a higher limit; {_AGAIN}",
    ),
    ParkedReason(
        "token_unavailable",
        "CoopCycle's token endpoint gave no usable answer for a day",
        f"see whether the instance answers; {_AGAIN}",
    ),
    ParkedReason(
        "delivery_outcome_unknown",
        "for a day no usable answer said what became of a call; the order's record knows that it may have "
        "been done",
        "redrive when the instance answers: CoopCycle is asked first, and nothing is made twice",
    ),
    ParkedReason(
        "shop_unavailable",
        "the shop's API gave no usable answer for a day",
        f"see whether the shop answers; {_AGAIN}",
    ),
    ParkedReason(
        "aws_unavailable",
        "DynamoDB, SQS or SSM failed for a day; the sentence names the operation",
        f"see AWS's health dashboard, and what DispatchDeliveryFunction may do; {_AGAIN}",
    ),
    ParkedReason(
        "already_in_progress",
        "for a day another invocation held the order, or had just changed it",
        "redrive",
    ),
    ParkedReason(
        "redaction_unfinished",
        "a shop has more orders than could be redacted in a day",
        "redrive: it goes on where it stopped",
    ),
    # No code of an error.
    ParkedReason(
        RECEIVED_TOO_OFTEN,
        "SQS gave it up by itself: the function failed, or was killed, each time it had it",
        "read what DispatchDeliveryFunction logged about it, mend that, then redrive",
    ),
    ParkedReason(
        UNREADABLE,
        "not a message of the bridge",
        "discard it",
    ),
)

REASONS: Mapping[str, ParkedReason] = {reason.code: reason for reason in _ALL}


def reason_of(code: str) -> ParkedReason:
    """Return what is known of a code; one of another version is said to be that."""
    return REASONS.get(code) or ParkedReason(
        code, "parked by another version of the bridge; the sentence says why", _AGAIN
    )
