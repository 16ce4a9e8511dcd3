"""DynamoDB's attribute values for what our items hold: texts, bytes, whole numbers, flags, lists, maps.

boto3's TypeSerializer does more, but to import it is to import all of boto3 into every cold start. The form:
DynamoDB API reference, "AttributeValue".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


def to_attribute(value: Any) -> AttributeValueTypeDef:
    """Return a plain value as DynamoDB takes it.

    Raises:
        TypeError: it is none of the kinds above.

    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case list():
            return {"L": [to_attribute(each) for each in value]}
        case dict():
            return {"M": {name: to_attribute(each) for name, each in value.items()}}
        case _:
            raise TypeError(f"an item holds no {type(value).__name__}")


def from_attribute(attribute: Mapping[str, object]) -> Any:
    """Return the plain value of what DynamoDB answered.

    Raises:
        TypeError: a kind that no item of ours holds.

    """
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "B" | "BOOL":
            return value
        case "N":
            return int(cast("str", value))
        case "NULL":
            return None
        case "L":
            return [from_attribute(each) for each in cast("list[Mapping[str, object]]", value)]
        case "M":
            inner = cast("Mapping[str, Mapping[str, object]]", value)
            return {name: from_attribute(each) for name, each in inner.items()}
        case _:
            raise TypeError(f"no item of ours holds a {kind}")
