"""What couriers read: of one stop the comments, and what they look for beside its address. Pure.

CoopCycle shows both as they are; neither column has a limit that we came near (recorded: create_texts took
comments of 10,000 characters, create_addresses a description of 5,000).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.model import Order, OrderItem, Stop
from bridge.planning.address import WrittenAddress, way_in
from bridge.planning.text import (
    COMMENTS_LENGTH,
    DESCRIPTION_LENGTH,
    LINE_LENGTH,
    between_words,
    clean,
    clean_lines,
    fold,
)
from bridge.planning.trace import OrderParts, Origin, Traced

_NOTE_LENGTH = 3000
_MOST_MORE = len("\n… and 9999999 more\n")


def contact_line(company: str, contact_name: str, telephone: str | None) -> str:
    """Write whom to ask for in one line, for an address that cannot hold it."""
    return ", ".join(part for part in (company, contact_name, telephone) if part)


def description_of(stop: Stop, written: WrittenAddress, cut: Sequence[str], parts: OrderParts) -> Traced[str]:
    """Write what couriers look for beside the address: its second line, and the way in by the note.

    ``cut`` is what the columns of street, company and contact have no room for.
    """
    origins = [parts(f"address.{field}") for field in written.beside_fields]
    texts = [written.beside]
    for hint in way_in(stop.note):
        if fold(hint) not in fold(" ".join(texts)):
            texts.append(clean(hint))
            origins.append(parts("note", "the sentences that say how to get in"))
    texts += [f"…{rest}" for rest in cut if rest]
    return Traced(clean("; ".join(text for text in texts if text), DESCRIPTION_LENGTH), tuple(origins))


def comments_of(
    order: Order,
    stop: Stop,
    *,
    told: Sequence[str],
    remarks: Sequence[str],
    phone_words: str,
    parts: OrderParts,
) -> Traced[str]:
    """Write for the courier: the order's name, what is carried, the note, the phone if it is no number.

    ``told`` are lines for an address that has no room for them, ``remarks`` those of the chosen time. When it
    gets too long the list of items is cut, since the note may say how to get in.
    """
    head = [clean(order.name, LINE_LENGTH), *told]
    tail = [_note(stop.note), *remarks, phone_words]
    room = COMMENTS_LENGTH - len(lines_of([*head, *tail])) - _MOST_MORE
    text = lines_of([*head, *_item_lines(stop.items, room), *tail])
    return Traced(text, tuple(_comment_origins(order, stop, bool(told), bool(remarks), phone_words, parts)))


def _comment_origins(
    order: Order, stop: Stop, told: bool, remarks: bool, phone_words: str, parts: OrderParts
) -> Iterable[Origin]:
    yield OrderParts(order)("name")
    for field, there in (
        ("company", told),
        ("recipient_name", told),
        ("items", bool(stop.items)),
        ("note", bool(stop.note)),
    ):
        if there:
            yield parts(field)
    if remarks:
        yield parts("wish", "a remark on the chosen time")
    if phone_words:
        yield parts("phones", "as typed, for it is more or less than a valid number")


def _note(note: str) -> str:
    """Return the note, with a mark where it was cut."""
    whole = clean_lines(note, COMMENTS_LENGTH)
    return whole if len(whole) <= _NOTE_LENGTH else f"{whole[: between_words(whole, _NOTE_LENGTH)]} …"


def _item_lines(items: Sequence[OrderItem], room: int) -> list[str]:
    """Return a line for each item while there is room, and how many more there are."""
    lines: list[str] = []
    for number, item in enumerate(items):
        line = _item_line(item)
        if len(line) + 1 > room:
            return [*lines, f"… and {len(items) - number} more"]
        room -= len(line) + 1
        lines.append(line)
    return lines


def _item_line(item: OrderItem) -> str:
    title = clean(item.title, LINE_LENGTH) or clean(item.sku, LINE_LENGTH) or "?"
    variant = clean(item.variant, LINE_LENGTH)
    return f"{item.quantity} × {title}" + (f" ({variant})" if variant else "")


def lines_of(lines: Iterable[str]) -> str:
    """Return the lines that say something, one below the other."""
    return "\n".join(line for line in lines if line)[:COMMENTS_LENGTH]
