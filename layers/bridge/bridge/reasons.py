"""Why a webhook, or the order in it, is passed over: a closed set, each member with what it means.

The texts stand in records, histories and logs, and are never changed. Imports nothing of ours.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """Why no delivery is made for a webhook.

    ``retracts`` tells whether a delivery that was made earlier is cancelled, where its source does not know
    better. ``meaning`` says it to people.
    """

    retracts: bool
    meaning: str

    def __new__(cls, value: str, retracts: bool, meaning: str) -> Self:
        """Make the member that is this text."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.retracts = retracts
        member.meaning = meaning
        return member

    # The request: it is about no order of ours.
    TRIAL_CALL = "trial_call", False, "the sender tries whether anybody is at the address"
    TOPIC = "topic", False, "a kind of event that the bridge does not follow"
    TOPIC_NOT_FOLLOWED = "topic_not_followed", False, "a kind of event that orders.topics leaves out"
    OTHER_STORE = "other_store", False, "an event of another store than the connection's store_hash"
    ANOTHER_SITE = "another_site", False, "an event of another site than the connection's instance_id"
    HONEYPOT = "honeypot", False, "a robot filled in the form"
    PARTIAL_SAVE = "partial_save", False, "the shop saved a few fields alone, without the order's number"
    EDIT_WITHOUT_ORDER = "edit_without_order", False, "a note of a change; the order comes beside it"

    # The order's state at the sender: nothing is wanted yet, or somebody else does it.
    TEST_ORDER = "test_order", False, "a test of the shop's"
    DRAFT = "draft", False, "a draft, not an order yet"
    INCOMPLETE = "incomplete", False, "the purchase is not finished"
    NOT_APPROVED = "not_approved", False, "the shop has not approved it yet"
    STATUS = "status", False, "a status that the connection does not name"
    COOPCYCLE_PLUGIN = "coopcycle_plugin", False, "CoopCycle's own plugin has made the delivery"
    ALREADY_FULFILLED = "already_fulfilled", False, "it was shipped, or all that is left of it"
    ON_HOLD = "on_hold", False, "on hold in the shop"

    # The order's state at the sender: nothing is wanted any more, or never was.
    AWAITING_PAYMENT = "awaiting_payment", True, "the shop waits for the money"
    PAYMENT_FAILED = "payment_failed", True, "the payment failed"
    CANCELLED = "cancelled", True, "cancelled in the shop"
    DECLINED = "declined", True, "declined by the shop"
    REJECTED = "rejected", True, "the seller refused it"
    REFUNDED = "refunded", True, "all of the money went back"
    DELETED = "deleted", True, "deleted in the shop"
    ARCHIVED = "archived", True, "archived in the shop"
    NOTHING_TO_SHIP = "nothing_to_ship", True, "there is nothing to carry"
    LOCAL_PICKUP = "local_pickup", True, "the buyer collects it"
    MANAGED_DELIVERY = "managed_delivery", True, "the shop's platform sends a courier of its own"

    # What the connection lets through.
    SHIPPING_METHOD = "shipping_method", True, "another way of shipping than orders.shipping_methods"
    POSTCODE = "postcode", True, "outside orders.postcodes"
    DISTANCE = "distance", True, "farther than orders.within_km"
    UNPAID = "unpaid", False, 'not paid yet, and orders.on = "paid"'
    NOT_FEASIBLE = "not_feasible", False, 'CoopCycle\'s rules do not allow it, and if_infeasible = "ignore"'

    # What the record knows.
    OLDER_THAN_APPLIED = "older_than_applied", False, "a newer state of the order was applied already"
    DONE_BY_HAND = "done_by_hand", False, "a person has closed it as done by hand"
    NOTHING_IN_DOUBT = "nothing_in_doubt", False, "the order's last call is known to have ended well"
