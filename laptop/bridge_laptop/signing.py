"""Signing as the sender would, for trying the bridge out; the bridge itself only verifies."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge import sources


def signed(
    source: str,
    body: bytes,
    secret: str,
    topic: str | None,
    webhook_id: str,
    *,
    options: sources.Options | None = None,
    now: datetime | None = None,
) -> sources.Signed:
    """Return the push with which a sender of this source would deliver ``body``; by default a new order.

    Raises:
        LookupError: there is no such source.

    """
    sender = sources.get(source)
    return sender.sign(
        body,
        secret,
        topic=topic or sender.TOPICS[0],
        webhook_id=webhook_id,
        sent_at=now or datetime.now(UTC),
        options=options or sources.Options(),
    )
