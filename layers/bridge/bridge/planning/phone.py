"""The one number that CoopCycle is sent for a stop, and the words for what it would not take. Pure.

CoopCycle refuses the whole delivery for a telephone that libphonenumber does not hold *valid*, at the pickup
too; that it is possible is not enough (recorded: phones, "a French number of the range kept for fiction",
"at the pickup"). So only a valid one is sent, and everything else is shown to the courier as it was typed: a
phone never stops a delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers

from bridge.text import LINE_LENGTH, clean

_MOST_CANDIDATES = 10  # looked at; each costs CPU, and a stranger may write thousands
_MOST_SHOWN = 3
_SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Telephone:
    """What becomes of a stop's phone numbers.

    ``number`` is E.164, ``None`` where no candidate is valid; ``used`` is the candidate it was read from.
    ``words`` is a line for the courier with what no field can hold; "" where nothing is lost.
    """

    number: str | None = None
    used: int = 0
    words: str = ""


def read_telephone(phones: Sequence[str], region: str, *, fallback: str = "") -> Telephone:
    """Choose the first valid number of several, as typed and the best first.

    ``region`` (ISO 3166-1 alpha-2) is where a number without a country code belongs, ``fallback`` what counts
    where nobody knows such a region. Shown as typed are the candidates that are no valid number, and one that
    says more than its number ("after 6 pm", an extension). Further valid numbers are not shown: they may be
    those of other people. At most 10 candidates are looked at.
    """
    known = region if region in phonenumbers.SUPPORTED_REGIONS else (fallback or region)
    candidates = list(phones[:_MOST_CANDIDATES])
    chosen: Telephone | None = None
    shown: list[str] = []
    for index, phone in enumerate(candidates):
        number, is_all = _valid_number(phone, known)
        if number is None:
            shown.append(phone)
        elif chosen is None:
            chosen = Telephone(number, index)
            shown += [] if is_all else [phone]
    numbers = [phone for phone in shown if any(character.isdigit() for character in phone)]
    if chosen is None:
        return Telephone(words=_as_given(numbers or shown[:1]))
    return Telephone(chosen.number, chosen.used, _as_given(numbers))


def parts_of_number(phone: str, region: str) -> tuple[int, str] | None:
    """Return a number's country code and its digits within the country ("0" before them left out).

    ``None`` where it cannot be read; without a country code it belongs to ``region``.
    """
    try:
        number = phonenumbers.parse(phone, region or None)
    except phonenumbers.NumberParseException:
        return None
    return number.country_code or 0, phonenumbers.national_significant_number(number)


def _valid_number(phone: str, region: str) -> tuple[str | None, bool]:
    """Return the first valid number in a text in E.164, and whether the text says nothing else."""
    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_valid_number(number):
        return _e164(number), not number.extension
    for match in phonenumbers.PhoneNumberMatcher(clean(phone, LINE_LENGTH), region, max_tries=10):
        return _e164(match.number), False  # "06 12 34 56 78 / 09 12 34 56 78"
    return None, False


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _as_given(phones: Sequence[str]) -> str:
    cleaned = dict.fromkeys(text for phone in phones if (text := clean(phone, _SHOWN_LENGTH)))
    return f"Phone as given: {', '.join(list(cleaned)[:_MOST_SHOWN])}" if cleaned else ""
