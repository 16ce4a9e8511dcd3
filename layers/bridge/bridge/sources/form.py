"""Any form that posts JSON, URL-encoded or multipart fields: a page of one's own, a plugin, a script.

The document is the body; a field with one of our names is taken without an expression. Nothing is signed, so
the secret itself is shown, in a header or in the address. In a page that browsers post from, whoever
looks can read it: it keeps strangers' robots out and nobody else. No clock, no AWS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from bridge.sources.shared.answers import flat_answers
from bridge.sources.shared.browsers import BROWSER_SETTINGS, problems_of
from bridge.sources.shared.form_bodies import read_form
from bridge.sources.shared.forms import EVENT_SETTINGS, HONEYPOT, Submission, UnsignedFormSource, form_traits


class Form(UnsignedFormSource):
    """Any form that posts JSON, URL-encoded or multipart fields: a page of one's own, a plugin, a script."""

    SETTINGS: ClassVar[Mapping[str, str]] = {
        **UnsignedFormSource.SETTINGS,
        **EVENT_SETTINGS,
        HONEYPOT: "the name of a field that people do not see: a submission that fills it in is a robot's",
        **BROWSER_SETTINGS,
    }
    IS_SENT_BY_BROWSERS = True

    TRAITS = form_traits(
        "Any JSON or HTML form",
        signature="none: the secret in the header X-Webhook-Secret or in the address",
        replay="order id",
        create="each submission, or the types in the setting",
        update="the same order id again",
        cancel="[fields] cancelled, or the types in cancel_types",
        tested_with="URL Standard, RFC 7578 and HTML forms as browsers post them",
    )

    def problems_of(self, settings: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Check where visitors go on, and the origins; see ``browsers.problems_of``."""
        return problems_of(settings)

    def load(self, body: bytes, content_type: str) -> Mapping[str, object]:
        """Read JSON, URL-encoded or multipart fields."""
        return read_form(body, content_type)

    def read(self, body: Mapping[str, object]) -> Submission:
        """Take the fields as they came."""
        return Submission(document=body, own={"": body}, answers=flat_answers(body))
