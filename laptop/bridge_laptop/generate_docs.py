"""``make readme``: the parts of the documentation that are made from the code, between their markers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from textwrap import dedent
from types import NoneType
from typing import Annotated, Any, NotRequired, get_args, get_origin, get_type_hints

from bridge import sources
from bridge.dispatching import lifecycle
from bridge.fields.fields import FIELDS
from bridge.operator.parked_reasons import REASONS
from bridge.reasons import Reason
from bridge_laptop import generate_template_docs, json_schema, sam_template
from bridge_laptop.cli import as_json, exit_codes
from bridge_laptop.cli.main import COMMANDS
from bridge_laptop.generate_template_docs import row

README = sam_template.ROOT / "README.md"
SANDBOX = sam_template.ROOT / "laptop" / "bridge_laptop" / "sandbox" / "README.md"
DOCUMENTS = (README, SANDBOX, *sorted((sam_template.ROOT / "docs").glob("*.md")))
MAKEFILE = sam_template.ROOT / "Makefile"
SCHEMA = sam_template.ROOT / "docs" / "bridge.schema.json"
EXAMPLES = sam_template.ROOT / "examples" / "fields"
EXAMPLE = sam_template.ROOT / "examples" / "use_the_layer.py"


def senders() -> str:
    """Return the table of senders, a row for each source."""
    head = ("source", "sender", "signature", "replay protection", "create", "update", "cancel", "window")
    rows = [row((*head, "tested with")), row("---" for _ in range(len(head) + 1))]
    for name in sources.NAMES:
        traits = sources.get(name).TRAITS
        rows.append(
            row(
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
    rows = [row(("source", "key", "meaning")), row(("---",) * 3)]
    for name in sources.NAMES:
        rows += [
            row((f"`{name}`", f"`{key}`", meaning)) for key, meaning in sources.get(name).SETTINGS.items()
        ]
    return "\n".join(rows)


def fields() -> str:
    """Return the table of the names under ``[fields]``."""
    rows = [row(("name", "value", "meaning")), row(("---",) * 3)]
    rows += [row((f"`{name}`", field.kind, field.meaning)) for name, field in FIELDS.items()]
    return "\n".join(rows)


def parked_reasons() -> str:
    """Return the table of why messages are parked."""
    rows = [row(("code of a parked message", "meaning", "what to do")), row(("---",) * 3)]
    rows += [row((f"`{reason.code}`", reason.meaning, reason.cure)) for reason in REASONS.values()]
    return "\n".join(rows)


def ignored_reasons() -> str:
    """Return the table of why no delivery is made for a webhook."""
    rows = [row(("reason", "meaning", "a delivery made before")), row(("---",) * 3)]
    rows += [
        row((f"`{reason}`", reason.meaning, "is cancelled" if reason.retracts else "stays"))
        for reason in Reason
    ]
    return "\n".join(rows)


def commands() -> str:
    """Return the table of commands."""
    rows = [row(("command", "what for")), row(("---",) * 2)]
    rows += [row((f"`bridge {name}`", line.removesuffix("."))) for name, (_, line) in COMMANDS.items()]
    return "\n".join(rows)


def codes() -> str:
    """Return the table of exit codes."""
    rows = [row(("code", "meaning")), row(("---",) * 2)]
    rows += [row((str(code), meaning)) for code, meaning in exit_codes.MEANINGS.items()]
    return "\n".join(rows)


def json_names() -> str:
    """Return a table of names for each kind of object that `--json` prints."""
    kinds: dict[type, list[str]] = {}
    for command, kind in (*as_json.LISTS.items(), *as_json.LINES.items()):
        kinds.setdefault(kind, []).append(f"`bridge {command} --json`")
    for part in as_json.PARTS:
        kinds.setdefault(part, [])
    return "\n\n".join("\n".join(_json_table(kind, where)) for kind, where in kinds.items())


def _json_table(kind: type, where: list[str]) -> Iterator[str]:
    yield f"**{kind.__name__}**" + (f", printed by {' and '.join(where)}" if where else "")
    yield ""
    yield row(("name", "value"))
    yield row(("---",) * 2)
    for name, hint in get_type_hints(kind, include_extras=True).items():
        yield row((f"`{name}`", _json_type(hint)))


_JSON_TYPES = {str: "text", int: "number", bool: "true or false", NoneType: "null"}


def _json_type(hint: Any) -> str:
    """Say in words which JSON a type is."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return f"{_json_type(arguments[0])}, where it is asked for"
    if origin is Annotated:
        return str(arguments[1])
    if origin is list:
        return f"list of {_json_type(arguments[0])}"
    if origin is dict:
        return "object"
    if arguments:
        return " or ".join(_json_type(argument) for argument in arguments)
    return _JSON_TYPES.get(hint) or f"`{hint.__name__}`"


def sandbox_routes() -> str:
    """Return the table of the sandbox's routes, and the file that answers each."""
    from bridge_laptop.sandbox.app import create_app  # what it needs is not in the layer

    app = create_app()
    found: dict[tuple[str, str], set[str]] = {}
    for rule in app.url_map.iter_rules():
        module = app.view_functions[rule.endpoint].__module__.removeprefix("bridge_laptop.sandbox.")
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        found.setdefault((path, module.replace(".", "/") + ".py"), set()).update(rule.methods or ())
    rows = [row(("route", "methods", "file")), row(("---",) * 3)]
    for (path, file), methods in sorted(found.items(), key=lambda each: (each[0][1], each[0][0])):
        named = ", ".join(method for method in ("GET", "POST", "PUT", "DELETE") if method in methods)
        rows.append(row((f"`{path}`", named, f"[{file}]({file})")))
    return "\n".join(rows)


def order_states() -> str:
    """Return the diagram of an order's states, from the docstring of the module that decides them."""
    _, _, rest = str(lifecycle.__doc__).partition("States::\n\n")
    diagram, _, _ = rest.partition("\n\n")
    return f"```\n{dedent(diagram)}\n```"


def make_targets() -> str:
    """Return the table of the makefile's targets."""
    rows = [row(("target", "what it does")), row(("---",) * 2)]
    text = MAKEFILE.read_text(encoding="utf-8")
    found = re.findall(r"^([a-z-]+):.*?## (.+)$", text, re.MULTILINE)
    return "\n".join([*rows, *(row((f"`make {target}`", what)) for target, what in found)])


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
    "make-targets": make_targets,
    "order-states": order_states,
    "programs": programs,
    "layer-example": layer_example,
    "parked-reasons": parked_reasons,
    "ignored-reasons": ignored_reasons,
    "commands": commands,
    "exit-codes": codes,
    "json": json_names,
    "sandbox-routes": sandbox_routes,
    "alarms": generate_template_docs.alarms,
    "metrics": generate_template_docs.metrics,
    "standing-costs": generate_template_docs.standing_costs,
    "outputs": generate_template_docs.outputs,
    "parameters": generate_template_docs.parameters,
}
_MARKED = re.compile(r"(<!-- made by `make readme`: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str) -> str:
    """Return a document with its marked parts made anew."""
    return _MARKED.sub(lambda match: f"{match[1]}{PARTS[match[2]]()}\n{match[3]}", text)


def schema_text() -> str:
    """Return the schema of what is printed for programs, as its file holds it."""
    return json.dumps(json_schema.schema(), indent=2, ensure_ascii=False) + "\n"


def with_digest(template: str) -> str:
    """Return the template's text, the receiver's version described with the digest of what it is made of."""
    digest = sam_template.digest(sam_template.load(), "ReceiveWebhookFunction")
    return re.sub(r"(?<=\$\{Tracing\} )[0-9a-f]{10}$", digest, template, flags=re.MULTILINE)


def main() -> int:
    """Write the documents, and what the template repeats of the code."""
    for document in DOCUMENTS:
        document.write_text(filled(document.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
    template = sam_template.TEMPLATE
    template.write_text(with_digest(template.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
