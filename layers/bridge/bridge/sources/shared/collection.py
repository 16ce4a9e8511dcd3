"""Is an order delivered, or does the buyer collect it? What platforms, plugins and apps write, in one place.

A buyer who collects never gets a courier; an order that only mentions collecting does
("pickup-issue-resolved", a carrier named after the shop). So whole values count, ids by their beginning,
and titles where they begin with the words of collecting and say nothing of bringing. Sources: WooCommerce
(local_pickup, pickup_location, local_pickup_plus), Coderockz, Shipday (``delivery_type``), Pi
(``pi_delivery_type``), ByConsole ("take_away"), Food Online (``fdoe_delivery_mode``), Chwazi
(``lpac_dps_order_type``), Orderable; Zapiet (``Checkout-Method``), Bird ("Delivery Method: Pick Up", M=P),
DingDong (``Method``), Shopify's own "Local pickup"; Adobe Commerce's "instore_pickup" (magento/inventory);
PrestaShop's carrier "0" or "Click and collect" (PrestaShop#41885).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.errors import UnmappableOrder
from bridge.model import Written
from bridge.schedule.vocabulary import (
    DELIVERY_PARTS,
    DELIVERY_WORDS,
    phrases,
    plain_text,
    read_name,
    word_set,
    words_of,
)

_MOST = 500
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Handover:
    """What one value says: that the order is collected, or delivered; or neither."""

    collected: bool = False
    delivered: bool = False


# How collecting is called: the words in their order, without accents, capitals, hyphens.
_COLLECTED = phrases(
    "pickup, pick up, local pickup, local pick up, store pickup, in store pickup, instore pickup, in "
    "store pick up, store pick up, self pickup, self pick up, curbside, curbside pickup, collect, "
    "collect in store, collect from store, collection, customer collection, self collection, local "
    "collection, store collection, in store collection, self collect, customer pickup, click and "
    "collect, click collect, click n collect, clickandcollect, takeaway, take away, takeout, take out, "
    "carry out, carryout, to go, dine in, eat in, retrait, retrait en magasin, retrait en boutique, "
    "retrait sur place, retrait local, a emporter, a retirer, retrait boutique, retrait magasin, vente "
    "a emporter, sur place, retrait gratuit, abholung, selbstabholung, selbstabholer, abholen, "
    "abholung im laden, abholung vor ort, lokale abholung, abholung im geschaft, zur abholung, zum "
    "mitnehmen, mitnehmen, recogida, recogida en tienda, recogida local, recoger, recoger en tienda, "
    "recojo en tienda, retiro, retiro en tienda, retiro en local, retiro local, para llevar, retirar "
    "en tienda, ritiro, ritiro in negozio, ritiro in sede, ritiro locale, asporto, da asporto, ritira, "
    "levantamento, levantamento em loja, levantar na loja, retirada, retirada na loja, retirar, "
    "recolha, recolha em loja, recolha na loja, takeaway na loja, recollida, recollida a botiga, "
    "afhalen, afhaal, afhaling, ophalen, zelf afhalen, afhalen in de winkel, lokaal ophalen, afhalen "
    "in winkel, ophalen in winkel, ophalen in de winkel, afhentning, afhent, selvafhentning, "
    "afhentning i butik, hent i butik, hent selv, click and collect gratis, henting, hent i butikk, "
    "hentes i butikk, hent selv i butikk, hamta, hamtning, hamta i butik, hamtas i butik, upphamtning, "
    "avhamtning, nouto, nouto myymalasta, noudetaan, nouda myymalasta, odbior, odbior osobisty, odbior "
    "wlasny, odbior w sklepie, na wynos, osobni odber, osobny odber, szemelyes atvetel, ridicare, "
    "ridicare personala, ridicare din magazin"
)
_ALONE = frozenset(
    {"to go", "sur place", "collect", "collection", "retirer", "d", "ritira"}
)  # not as a beginning
_BEGINNINGS = tuple(f"{phrase} " for phrase in sorted(_COLLECTED - _ALONE))
# Platforms' own titles that say "delivery" too: Adobe's "In-Store Pickup Delivery - …".
_ALL_THE_SAME = ("in store pickup delivery", "instore pickup delivery", "store pickup delivery")
_DELIVERED = phrases(
    "delivery, deliver, delivered, local delivery, home delivery, shipping, ship, d, livraison, "
    "livraison a domicile, lieferung, liefern, versand, entrega, envio, entrega a domicilio, consegna, "
    "consegna a domicilio, spedizione, bezorging, bezorgen, verzending, levering, leverans, "
    "hjemlevering, hemleverans, toimitus, dostawa, lliurament"
)
# Ids of ways of shipping, which no shop's owner writes: "local_pickup:3", "instore_pickup", "pickup-cpt".
_METHOD_ID = re.compile(
    r"^pick_?up(?!_?(?:and_?deliver|point))(?=_|:|\d|$)"
    r"|(?:^|_)(?:am|mp)?(?:local_?pick_?up|(?:in_?)?store_?pick_?up|pick_?up_?(?:in_?)?store|self_?pick_?up|instore"
    r"|click_?(?:and|n|&)?_?collect|collect_?in_?store|local_?collection|take_?away)(?=_|:|\d|$)"
)
# Words by which a name asks how the order gets to the buyer, the last of them.
_ASKS = word_set("type method mode option way choice fulfillment fulfilment art methode modus wijze")
_ASKS_WHOLE = phrases(
    "method, delivery, delivery or pickup, pickup or delivery, order type, fulfillment, mode de "
    "livraison, mode de retrait, mode de reception, type de livraison, type de commande, livraison ou "
    "retrait, retrait ou livraison, lieferart, versandart, bestellart, abholung, lieferung oder "
    "abholung, abholung oder lieferung, metodo de entrega, tipo de entrega, modo de entrega, forma de "
    "entrega, tipo de envio, metodo di consegna, tipo di consegna, modalita di consegna, "
    "leveringsmetode, leveringsmade, leveransmetod, leveranssatt, leveringsmate, bezorgwijze, "
    "bezorgmethode, leveringswijze, verzendwijze, toimitustapa, sposob dostawy, metoda dostawy, rodzaj "
    "dostawy, tipus de lliurament, zpusob dopravy, delivery pickup, pickup delivery, afhalen of "
    "bezorgen, bezorgen of afhalen, service"
)
_ASKERS = word_set("delivery order checkout shipping fulfillment fulfilment service receive receiving pickup")
_IS_COLLECTED = re.compile(
    r"(?:is )?(?:local |store )?pick ?up(?: in store| order)?|is collection|click and collect"
)
_YES = frozenset({"yes", "true", "1", "on", "oui", "ja", "si", "sim", "tak", "kylla"})
_DAY = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/. ]+(?:\d{1,2}|[^\W\d]{3,12})[-/., ]+\d{2,4}")
_BIRD = ("bird", "chime", "slot", "id")


def value_says(value: object) -> Handover:
    """Read the value of a key that asks "delivered or collected?"."""
    if not isinstance(value, str):
        return Handover()
    text = _plain(value)
    collected = text in _COLLECTED or (_begins(text) and not _brings(text))
    return Handover(collected=collected, delivered=text in _DELIVERED or (not collected and _brings(text)))


def title_says_collected(title: str) -> bool:
    """Tell whether the title of a way of shipping is that of collecting: "Retrait en boutique"."""
    text = _plain(title)
    return text in _COLLECTED or text.startswith(_ALL_THE_SAME) or (_begins(text) and not _brings(text))


def id_says_collected(method_id: str) -> bool:
    """Tell whether the id of a way of shipping is that of collecting, whatever comes after it."""
    return (
        _METHOD_ID.search(plain_text(method_id[:_LONGEST]).strip().replace("-", "_").replace(" ", "_"))
        is not None
    )


@dataclass(frozen=True, slots=True)
class Way:
    """How an order gets to the buyer: whether all of it is collected, and the lines of goods that are."""

    collected: bool = False
    collected_lines: frozenset[int] = frozenset()


def read_way(
    entries: Sequence[Written], *, methods: Sequence[tuple[str, str]] = (), tags: Iterable[str] = ()
) -> Way:
    """Decide by what an order's names and values say, and by the ids and titles of its ways of shipping.

    What the buyer chose (an attribute, a line's property) goes before a method; a tag counts where nothing
    says otherwise. Where some lines are collected and others are delivered, the former are named by their
    holders.

    Raises:
        UnmappableOrder: one key says that the order is collected and another that it is delivered.

    """
    said = [(entry, _entry_says(entry)) for entry in entries[:_MOST] if entry.place not in ("method", "tag")]
    collected = [entry for entry, handover in said if handover.collected]
    delivered = [entry for entry, handover in said if handover.delivered]
    by_method = bool(methods) and all(
        id_says_collected(key) or title_says_collected(title) for key, title in methods
    )
    if collected and not delivered:
        return Way(collected=True)
    if collected:
        lines = {entry.holder for entry in collected if entry.place == "line"}
        others = {entry.holder for entry in delivered if entry.place == "line"}
        if len(lines) < len(collected) or lines & others or len(others) < len(delivered):
            raise _contradiction(collected[0], delivered[0].path)
        return Way(collected_lines=frozenset(lines))
    if by_method and delivered and not any(id_says_collected(key) for key, _ in methods):
        raise _contradiction(delivered[0], "the way of shipping")
    if by_method:
        return Way(collected=True)
    if not delivered:
        _require_no_day_of_collecting(entries)
    return Way(collected=not delivered and _tag_says_collected(tags, methods))


def _require_no_day_of_collecting(entries: Sequence[Written]) -> None:
    """Refuse an order in which a buyer chose when to collect, and that says nothing of being brought."""
    names = [(entry, read_name(entry.name)) for entry in entries[:_MOST] if entry.place in ("order", "line")]
    if any(name.delivery and (name.date or name.time) for _, name in names):
        return
    for entry, name in names:
        is_day = isinstance(entry.value, str) and _DAY.search(entry.value[:_LONGEST]) is not None
        if name.collection and name.date and name.plain and not name.other and is_day:
            raise UnmappableOrder(
                entry.path,
                "is a day of collecting, and nothing says that a courier brings the order; "
                "take it off the order if one is to come, else complete or cancel it",
            )


def _contradiction(entry: Written, other: str) -> UnmappableOrder:
    return UnmappableOrder(
        entry.path,
        f"and {other} contradict each other: collected in the shop, or delivered? Ask the customer",
    )


def _tag_says_collected(tags: Iterable[str], methods: Sequence[tuple[str, str]]) -> bool:
    if any(_brings(_plain(title)) for _, title in methods):
        return False
    return any(_plain(tag) in _COLLECTED - {"to go", "collect"} for tag in list(tags)[:_MOST])


def _entry_says(entry: Written) -> Handover:
    words = words_of(entry.name)
    if words == _BIRD or "".join(words) == "".join(_BIRD):
        return _bird(entry.value)
    name = " ".join(words)
    if name in _ASKS_WHOLE or (len(words) > 1 and words[-1] in _ASKS and bool(_ASKERS & set(words))):
        return value_says(entry.value)
    if _IS_COLLECTED.fullmatch(name) and str(entry.value).strip().casefold() in _YES:
        return Handover(collected=True)
    return Handover()


def _bird(value: object) -> Handover:
    """Read Bird's "M=P;L=1;D=2026-11-27": M is D for a delivery and P for collecting."""
    match = (
        re.search(r"(?:^|;)\s*M\s*=\s*([A-Z])", value[:_LONGEST], re.IGNORECASE)
        if isinstance(value, str)
        else None
    )
    letter = match[1].upper() if match else ""
    return Handover(collected=letter == "P", delivered=letter == "D")


def _plain(text: str) -> str:
    """Write a value as words alone: "Pick-Up (free)" is "pick up"."""
    words = words_of(text[:_LONGEST].replace("&", " and "))
    return " ".join(
        word for word in words if word not in ("free", "gratuit", "gratis", "kostenlos", "gratuito")
    )


def _begins(text: str) -> bool:
    return f"{text} ".startswith(_BEGINNINGS)


def _brings(text: str) -> bool:
    """Tell whether a text speaks of bringing too: "Pickup and delivery"."""
    return any(
        word in DELIVERY_WORDS or any(part in word for part in DELIVERY_PARTS) for word in text.split()
    ) or any(
        word in ("point", "relais", "locker", "parcel", "paketshop", "courier", "no", "not")
        for word in text.split()
    )
