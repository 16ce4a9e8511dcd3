"""A wrong signature, and the reason that is logged of it: by what the sender's scheme makes of each value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest
from tests.sources.hostile_values import HOSTILE_VALUES
from tests.support import samples
from tests.support.samples import SourceSamples

from bridge import sources
from bridge.errors import InvalidSignature
from bridge.sources import Push

ALL = samples.load_all()
MISSING, MALFORMED, MISMATCH = "signature_missing", "signature_malformed", "signature_mismatch"


@dataclass(frozen=True)
class Scheme:
    """The header that a sender signs in, the reason of a wrong value, and what is another or passes."""

    header: str
    usual: str = MALFORMED
    others: Mapping[str, str | None] = field(default_factory=dict)


OF_ITS_FORM: Mapping[str, str | None] = dict.fromkeys(
    ("a character changed", "of another secret", "of another body"), MISMATCH
)
BASE64 = {**OF_ITS_FORM, "zeros in base64": MISMATCH}
HEX = {**OF_ITS_FORM, "zeros in hex": MISMATCH, "turned round": MISMATCH}
PREFIXED = {"of another secret": MISMATCH, "of another body": MISMATCH}
RSA = {**OF_ITS_FORM} | dict.fromkeys(
    ("short base64", "long base64", "zeros in base64", "zeros in hex", "very long"), MISMATCH
)
RSA |= {"a number without end": MISMATCH, "half": MISMATCH, "with a newline": None}  # base64 of any length
LIST = PREFIXED | {"twice": None}
# A text that no header of a sender's has is the secret of somebody else.
SHOWN = Scheme("x-webhook-secret", MISMATCH)
SCHEMES = {
    "adobe-commerce": Scheme("x-adobe-digital-signature-1", others=RSA),
    "bigcommerce": Scheme("webhook-signature", others=LIST),
    "fillout": SHOWN,
    "form": SHOWN,
    "google-forms": SHOWN,
    "gravity-forms": SHOWN,
    "jotform": SHOWN,
    "prestashop": Scheme("x-webhook-signature", others=BASE64),
    "shopify": Scheme("x-shopify-hmac-sha256", others=BASE64),
    "square": Scheme("x-square-hmacsha256-signature", others=BASE64),
    "squarespace": Scheme("squarespace-signature", others=HEX),
    "standard-webhooks": Scheme("webhook-signature", others=LIST),
    "tally": Scheme("tally-signature", others=BASE64),
    "typeform": Scheme("typeform-signature", others=PREFIXED),
    "woocommerce": Scheme("x-wc-webhook-signature", others=BASE64),
}
SIGNS_ITS_BODY = {"wix"}  # a token, whose own tests are beside its others

each_scheme = pytest.mark.parametrize("name", SCHEMES)


def right_push(name: str) -> Push:
    """Return a push that verifies by its header alone."""
    complete = ALL[name]
    push = complete.push(complete.deliveries[0])
    if not push.path_secret:
        return push
    return replace(push, path_secret="", headers={**push.headers, SCHEMES[name].header: push.path_secret})


def wrong_values(name: str) -> Iterator[tuple[str, str]]:
    """Give what must not stand in the place of the right value, each with its name."""
    complete, header = ALL[name], SCHEMES[name].header
    right = right_push(name).headers[header]
    yield from HOSTILE_VALUES.items()
    yield "a character more", right + "A"
    yield "half", right[: len(right) // 2]
    yield "a character changed", ("B" if right[:1] == "A" else "A") + right[1:]
    yield "turned round", right[::-1]
    yield "with a newline", right + "\n"
    yield "twice", f"{right},{right}"
    sample = complete.deliveries[0]
    other_body = complete.sign(sample, body=sample.body + b" ")
    for what, signed in (
        ("of another secret", complete.sign(sample, secret="other")),
        ("of another body", other_body),
    ):
        values = {key.lower(): value for key, value in signed.headers.items()}
        if header in values and values[header] != right:
            yield what, values[header]


def reason_of(complete: SourceSamples, push: Push, secrets: list[str]) -> str | None:
    """Say why a push does not verify, ``None`` when it does."""
    try:
        complete.source.verify(push, secrets, complete.connection.options)
    except InvalidSignature as error:
        return error.reason
    return None


def test_every_source_has_its_scheme() -> None:
    """A new source says here where its signature stands."""
    assert {*SCHEMES, *SIGNS_ITS_BODY} == set(sources.NAMES)


@each_scheme
def test_a_wrong_value_is_refused_for_its_reason(name: str) -> None:
    """Whatever stands in the header, it is one of three, and a person who looks at the log can tell which."""
    complete, scheme, push = ALL[name], SCHEMES[name], right_push(name)
    known = [complete.known["webhook"]]
    assert reason_of(complete, push, known) is None

    for what, value in wrong_values(name):
        expected = scheme.others.get(what, scheme.usual if value.strip() else MISSING)
        changed = replace(push, headers={**push.headers, scheme.header: value})

        assert expected == reason_of(complete, changed, known), f"{what}: {value[:60]!r}"


@each_scheme
def test_a_push_without_a_signature_is_told_from_a_wrong_one(name: str) -> None:
    """Nothing at all is another mistake of whoever set up the sender than a wrong secret."""
    complete, push = ALL[name], right_push(name)
    headers = {key: value for key, value in push.headers.items() if key != SCHEMES[name].header}

    assert MISSING == reason_of(complete, replace(push, headers=headers), [complete.known["webhook"]])


@each_scheme
@pytest.mark.parametrize("secrets", [[], [""], ["", "  "], ["\n"]], ids=repr)
def test_a_connection_without_a_secret_says_so(name: str, secrets: list[str]) -> None:
    """Anybody can sign with an empty key, so it is none; and the log names what is missing."""
    assert reason_of(ALL[name], right_push(name), secrets) == "no_secret"


@each_scheme
@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00"], ids=["nothing", "no text"])
def test_any_bytes_can_be_signed(name: str, raw: bytes) -> None:
    """The raw bytes are verified before anything is read of them; but Adobe's must name whom they are for."""
    complete = ALL[name]
    push = samples.push_of(complete.sign(complete.deliveries[0], body=raw))

    found = reason_of(complete, push, [complete.known["webhook"]])

    assert found == ("another_recipient" if name == "adobe-commerce" else None)
