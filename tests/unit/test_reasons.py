"""Why nothing is done for a webhook: a closed set, of which no member is idle and none goes untold."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bridge.console.words import LANGUAGES, words
from bridge.reasons import Reason

PACKAGE = Path(__file__).parents[2] / "layers/bridge/bridge"
FILES = [path for path in PACKAGE.rglob("*.py") if path.name != "reasons.py"]


def trees(*words: str) -> dict[Path, ast.Module]:
    """Read the layer's code, of the files in which one of these words stands."""
    texts = {path: path.read_text(encoding="utf-8") for path in FILES}
    return {path: ast.parse(text) for path, text in texts.items() if any(word in text for word in words)}


def test_every_reason_is_given_somewhere() -> None:
    """None is kept for nothing: each is named by the code that gives it."""
    named = {
        node.attr
        for tree in trees("Reason").values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Reason"
    }

    assert named >= {reason.name for reason in Reason}


def test_no_reason_is_written_as_a_text() -> None:
    """What is ignored takes its reason from the set; a misspelled one would be told to nobody."""
    for path, tree in trees("Ignored", "NotFollowed").items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Ignored", "NotFollowed"):
                assert not isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_told_in_every_language(reason: Reason) -> None:
    """A short phrase without a full stop, for the documentation and for the dispatchers' page."""
    assert re.fullmatch(r"[a-z][a-z_]+", reason)
    assert reason.meaning
    assert not reason.meaning.endswith(".")
    for language in LANGUAGES:
        assert words(language).has(f"ignored.{reason}"), language
