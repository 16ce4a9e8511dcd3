"""``make readme``: the parts of the documentation that are made from the code, between their markers."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable

from bridge import sources
from bridge.fields.fields import FIELDS
from bridge_laptop import template as sam

README = sam.ROOT / "README.md"
SENDERS = sam.ROOT / "docs" / "senders.md"
PROGRAMS = sam.ROOT / "docs" / "programs.md"
DOCUMENTS = (README, SENDERS, PROGRAMS)
EXAMPLES = sam.ROOT / "examples" / "fields"
EXAMPLE = sam.ROOT / "examples" / "use_the_layer.py"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def senders() -> str:
    """Return the table of senders, a row for each source."""
    head = ("source", "sender", "signature", "replay protection", "create", "update", "cancel", "window")
    rows = [_row((*head, "tested with")), _row("---" for _ in range(len(head) + 1))]
    for name in sources.NAMES:
        traits = sources.get(name).TRAITS
        rows.append(
            _row(
                (
                    f"`{name}`",
                    traits.title,
                    traits.signature,
                    traits.replay,
                    traits.create,
                    traits.update,
                    traits.cancel,
                    traits.window,
                    traits.tested_with,
                )
            )
        )
    return "\n".join(rows)


def settings() -> str:
    """Return the table of what each source reads under ``[sender]``."""
    rows = [_row(("source", "key", "meaning")), _row(("---",) * 3)]
    for name in sources.NAMES:
        rows += [
            _row((f"`{name}`", f"`{key}`", meaning)) for key, meaning in sources.get(name).SETTINGS.items()
        ]
    return "\n".join(rows)


def fields() -> str:
    """Return the table of the names under ``[fields]``."""
    rows = [_row(("name", "value", "meaning")), _row(("---",) * 3)]
    rows += [_row((f"`{name}`", field.kind, field.meaning)) for name, field in FIELDS.items()]
    return "\n".join(rows)


def programs() -> str:
    """Return the ready-made ``[fields]`` of each program: what is said of it, and its tables."""
    return "\n\n".join(_program(file.read_text(encoding="utf-8")) for file in sorted(EXAMPLES.glob("*.toml")))


def _program(text: str) -> str:
    head, first, tables = re.split(r"^(\[(?:sender|fields)\])$", text, maxsplit=1, flags=re.MULTILINE)
    said, _, source = head.partition("#\n")
    name, _, what = _uncommented(said).partition(": ")
    what = f"{what[0].upper()}{what[1:]} Source: {_uncommented(source)}"
    return f"### {name}\n\n{what}\n\n```toml\n{first}{tables}```"


def _uncommented(text: str) -> str:
    return " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))


def layer_example() -> str:
    """Return the example of a function of one's own."""
    return f"```python\n{EXAMPLE.read_text(encoding='utf-8')}```"


PARTS: dict[str, Callable[[], str]] = {
    "senders": senders,
    "settings": settings,
    "fields": fields,
    "programs": programs,
    "layer-example": layer_example,
}
_MARKED = re.compile(r"(<!-- made by `make readme`: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a document with its marked parts made anew."""
    return _MARKED.sub(lambda match: f"{match[1]}{PARTS[match[2]]()}\n{match[3]}", text)


def main() -> int:
    """Write the documents."""
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
