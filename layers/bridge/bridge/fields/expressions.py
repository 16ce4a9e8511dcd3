"""JMESPath expressions of a connection: checked when it is written, explained when they find nothing.

The language is https://jmespath.org/specification.html . Messages show the expression, types and the keys
of the document, never a value. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jmespath
from jmespath.exceptions import (
    IncompleteExpressionError,
    JMESPathError,
    JMESPathTypeError,
    LexerError,
    ParseError,
)
from jmespath.functions import TYPES_MAP, Functions
from jmespath.visitor import TreeInterpreter

from bridge.document import MOST_MEMBERS, json_inside, kind
from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.text import shown_key

if TYPE_CHECKING:
    from jmespath.visitor import _TreeNode

# jmespath keeps what it has compiled (512 expressions a process), so nothing here does.

_LONGEST_EXPRESSION = 1000
_SHOWN_KEYS = 20
# What jmespath raises besides its own errors where a document does not fit the expression: a text compared
# with a number is a TypeError, a slice of step 0 a ValueError, to_string() of deep nesting a RecursionError.
_FAILURES = (
    JMESPathError,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


def problem_of(expression: str) -> str:
    """Return what is wrong with an expression and where, "" when it can be used."""
    if len(expression) > _LONGEST_EXPRESSION:
        return f"is longer than {_LONGEST_EXPRESSION} characters"
    try:
        tree = jmespath.compile(expression).parsed
    except JMESPathError as error:
        return f"{expression} is no JMESPath expression: {_reason(error, expression)}"
    except RecursionError:
        return "is no JMESPath expression that can be read: it is nested too deeply"
    for name, count in _calls(tree):
        if name not in Functions.FUNCTION_TABLE:
            known = ", ".join(sorted(Functions.FUNCTION_TABLE))
            return f"{expression} calls {name}(), which JMESPath does not have; it has: {known}"
        signature = Functions.FUNCTION_TABLE[name]["signature"]
        variadic = bool(signature) and bool(signature[-1].get("variadic"))
        if count < len(signature) or (count > len(signature) and not variadic):
            least = "at least " if variadic else ""
            return f"{expression} gives {name}() {count} arguments, it wants {least}{len(signature)}"
    return ""


def _reason(error: JMESPathError, expression: str) -> str:
    if isinstance(error, IncompleteExpressionError):
        return "it ends too early"
    if isinstance(error, LexerError):
        return f"character {error.lexer_position + 1} cannot be read ({error.message})"
    if isinstance(error, ParseError):
        if error.token_type == "EOF":  # of a grammar
            return "it ends too early"
        rest = expression[error.lex_position :]
        return f"character {error.lex_position + 1} is not expected, where {rest} begins"
    return "it cannot be read"


def _calls(node: _TreeNode) -> Iterator[tuple[str, int]]:
    """Yield each function that an expression calls, with the number of its arguments."""
    if node["type"] == "function_expression":
        yield str(node["value"]), len(node["children"])
    for child in node["children"]:
        if isinstance(child, dict):  # those of a slice are numbers
            yield from _calls(child)


def search(expression: str, document: Mapping[str, object], *, field: str) -> object:
    """Return what the expression finds; ``None`` only where the document says null itself.

    Raises:
        InvalidConnection: it is no expression.
        UnmappableOrder: named ``field``: a key that the expression needs is not in the document (written
            with "|| ''" it need not be), or the document does not fit its functions.

    """
    finder = _Finder(document)
    try:
        compiled = jmespath.compile(expression)
    except (JMESPathError, RecursionError):
        raise InvalidConnection([f"{field}: {problem_of(expression)}"]) from None
    try:
        found = _Reader().visit(compiled.parsed, document)
        if found is None:
            finder.visit(compiled.parsed, document)
    # The causes quote the value, and a traceback is logged somewhere one day: they are left behind.
    except JMESPathTypeError as error:
        raise UnmappableOrder(field, _misfit(expression, error, finder)) from None
    except _TooMany:
        raise UnmappableOrder(field, f"{expression} finds more than {MOST_MEMBERS} things") from None
    except _FAILURES:
        raise UnmappableOrder(field, f"{expression} cannot be worked out from this body") from None
    if found is None and finder.missed and not finder.saw_null:
        raise UnmappableOrder(field, f"{expression} finds nothing: {finder.missed}; {_OPTIONAL}")
    return found


_OPTIONAL = "where it may be absent, write || '' after it"


def _misfit(expression: str, error: JMESPathTypeError, finder: _Finder) -> str:
    """Say which function got what; a missing key is the usual reason."""
    finder.explain(expression)
    missed = f": {finder.missed}" if finder.missed else ""
    return (
        f"{expression} gives {error.function_name}() {_article(error.actual_type)} where it takes "
        f"{' or '.join(error.expected_types)}{missed}"
    )


def _article(python_type: str) -> str:
    kind = TYPES_MAP.get(python_type, python_type)
    if kind == "null":
        return kind
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"


class _TooMany(JMESPathError):
    """Lists in lists that make one longer than any list of a document may be."""


class _Reader(TreeInterpreter):
    """Evaluates an expression; what an expression looks into may be a text that holds JSON.

    Some senders put their JSON into a field of a form, or into a text of their JSON. A text is opened where
    something is looked for in it, and stays a text where it is wanted itself.
    """

    def __init__(self) -> None:
        super().__init__()
        self._opened: dict[str, object] = {}

    def _open(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value not in self._opened:
            inside = json_inside(value)
            self._opened[value] = value if inside is None else inside
        return self._opened[value]

    def _first_opened(self, node: _TreeNode, value: object) -> _TreeNode:
        """Return a node whose first child is what it found already, opened."""
        first, *rest = node["children"]
        found: _TreeNode = {"type": "literal", "value": self._open(self.visit(first, value)), "children": []}
        return {**node, "children": [found, *rest]}

    def _chain(self, node: _TreeNode, value: object) -> object:
        first, *rest = node["children"]
        found = self.visit(first, value)
        for child in rest:
            found = self.visit(child, self._open(found))
        return found

    def visit_subexpression(self, node: _TreeNode, value: object) -> object:
        """Find "b" in "a" of "a.b"."""
        return self._chain(node, value)

    def visit_index_expression(self, node: _TreeNode, value: object) -> object:
        """Find an element of a list."""
        return self._chain(node, value)

    def visit_pipe(self, node: _TreeNode, value: object) -> object:
        """Look into what stands before the "|"."""
        return self._chain(node, value)

    def visit_flatten(self, node: _TreeNode, value: object) -> object:
        """Find the elements of "a[]"."""
        found = super().visit_flatten(self._first_opened(node, value), value)
        if isinstance(found, list) and len(found) > MOST_MEMBERS:
            raise _TooMany
        return found

    def visit_projection(self, node: _TreeNode, value: object) -> list[Any] | None:
        """Find what follows in each element."""
        return super().visit_projection(self._first_opened(node, value), value)

    def visit_filter_projection(self, node: _TreeNode, value: object) -> list[Any] | None:
        """Find what follows in each element that fits."""
        return super().visit_filter_projection(self._first_opened(node, value), value)

    def visit_value_projection(self, node: _TreeNode, value: object) -> list[Any] | None:
        """Find what follows in each value of an object."""
        return super().visit_value_projection(self._first_opened(node, value), value)


class _Finder(_Reader):
    """Evaluates an expression once more and notes the first key that was looked for in vain."""

    def __init__(self, document: Mapping[str, object]) -> None:
        super().__init__()
        self._document = document
        self.missed = ""
        self.saw_null = False

    def explain(self, expression: str) -> None:
        """Note what is missing for an expression that cannot be worked out."""
        try:
            self.visit(jmespath.compile(expression).parsed, self._document)
        except _FAILURES:
            return

    def visit_field(self, node: _TreeNode, value: object) -> object:
        """Find a key of an object."""
        key = node["value"]
        if isinstance(value, Mapping):
            if key in value:
                found = value[key]
                self.saw_null = self.saw_null or found is None
                return found
            self._miss(f'{self._name(value)} has no "{key}", it has: {_keys(value)}')
        elif value is not None:
            self._miss(f'"{key}" is looked for in {kind(value)}')
        return None

    def visit_index(self, node: _TreeNode, value: object) -> object:
        """Find an element of a list."""
        found = super().visit_index(node, value)
        if found is None and isinstance(value, list):
            index = node["value"]
            if isinstance(index, int) and -len(value) <= index < len(value):
                self.saw_null = True
            else:
                self._miss(f"a list of {len(value)} has no element [{index}]")
        return found

    def _miss(self, sentence: str) -> None:
        self.missed = self.missed or sentence

    def _name(self, wanted: object) -> str:
        """Return where an object of the document is, for the message."""
        if wanted is self._document:
            return "the body"
        return next((path for path, value in _objects(self._document, "") if value is wanted), "an object")


def _objects(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Yield every object of a document with its path, without recursion: bodies may be nested deeply."""
    todo: list[tuple[str, object]] = [(path, value)]
    while todo:
        where, one = todo.pop()
        if isinstance(one, Mapping):
            yield where, one
            todo += [(f"{where}.{shown_key(name)}".lstrip("."), inner) for name, inner in one.items()]
        elif isinstance(one, list):
            todo += [(f"{where}[{index}]", inner) for index, inner in enumerate(one)]


def _keys(value: Mapping[str, object]) -> str:
    names = [shown_key(name) for name in value]
    more = f" and {len(names) - _SHOWN_KEYS} more" if len(names) > _SHOWN_KEYS else ""
    return (", ".join(names[:_SHOWN_KEYS]) or "nothing") + more
