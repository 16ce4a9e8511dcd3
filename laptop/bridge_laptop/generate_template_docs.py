"""The parts of the documentation that are made from ``template.yaml`` and from the metrics."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.metrics import Dimension, Metric
from bridge_laptop import sam_template


def row(cells: Iterable[str]) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def alarms() -> str:
    """Return the table of alarms: what happened, and what to do first."""
    rows = [row(("alarm", "what happened, and what to do first")), row(("---",) * 2)]
    found = sam_template.resources(sam_template.load(), "AWS::CloudWatch::Alarm")
    rows += [row((f"`{name}`", alarm["AlarmDescription"])) for name, alarm in found.items()]
    return "\n".join(rows)


def parameters() -> str:
    """Return the table of the template's parameters."""
    rows = [row(("parameter", "value", "default", "meaning")), row(("---",) * 4)]
    for name, parameter in sam_template.load()["Parameters"].items():
        default = f"`{parameter['Default']}`" if parameter.get("Default", "") != "" else ""
        rows.append(row((f"`{name}`", _values(parameter), default, parameter["Description"])))
    return "\n".join(rows)


def _values(parameter: dict[str, object]) -> str:
    """Say what a parameter may be."""
    allowed = parameter.get("AllowedValues")
    if isinstance(allowed, list):
        return ", ".join(f"`{value}`" for value in allowed)
    if "MinValue" in parameter:
        return f"{parameter['MinValue']} to {parameter['MaxValue']}"
    return "text"


def metrics() -> str:
    """Return the table of metrics."""
    rows = [row(("metric", "unit", "told apart by", "what it counts")), row(("---",) * 4)]
    rows += [
        row((f"`{metric.value}`", metric.unit.value, metric.dimension.value, metric.meaning))
        for metric in Metric
    ]
    return "\n".join(rows)


A_MONTH = {"AWS::CloudWatch::Alarm": 0.10, "AWS::CloudWatch::Dashboard": 3.00, "metric": 0.30}  # USD


def standing_costs() -> str:
    """Return the table of what CloudWatch charges for, of a stack with default parameters."""
    template = sam_template.load()
    names = {**sam_template.parameters(template), "Environment": "prod"}
    told_apart = [metric for metric in Metric if metric.dimension is not Dimension.NONE]
    counts = (
        (
            "alarms",
            len(sam_template.deployed(template, "AWS::CloudWatch::Alarm", names)),
            "AWS::CloudWatch::Alarm",
        ),
        ("dashboard", 1, "AWS::CloudWatch::Dashboard"),
        ("metrics of ours, at most", len(Metric), "metric"),
        ("more of them for each connection with its instance, at most", len(told_apart), "metric"),
    )
    rows = [row(("what stands", "how many", "$ a month")), row(("---",) * 3)]
    rows += [row((what, str(count), f"{count * A_MONTH[kind]:.2f}")) for what, count, kind in counts]
    return "\n".join(rows)


def outputs() -> str:
    """Return the table of the stack's outputs."""
    rows = [row(("output", "what it is")), row(("---",) * 2)]
    rows += [
        row((f"`{name}`", output["Description"])) for name, output in sam_template.load()["Outputs"].items()
    ]
    return "\n".join(rows)
