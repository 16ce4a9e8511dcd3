"""The dashboard: valid, of this stack alone, and it shows every metric that we write and no other."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.deployed_template import resources

from bridge.metrics import Dimension, Metric
from bridge_laptop import sam_template

(BODY,) = [each["DashboardBody"]["Fn::Sub"] for each in resources("AWS::CloudWatch::Dashboard").values()]
WIDGETS = json.loads(BODY)["widgets"]
METRICS: list[Any] = [line for widget in WIDGETS for line in widget["properties"].get("metrics", [])]
SEARCHED = re.compile(
    r"SEARCH\('\{CoopCycleBridge,service,(\w+)\} MetricName=\"(\w+)\" service=\"([^\"]+)\"'"
)


def test_it_shows_every_metric_of_ours_and_no_other() -> None:
    """What is written is seen, and what is seen is written; by connection where it is written so."""
    searched = SEARCHED.findall(json.dumps(METRICS).replace('\\"', '"'))
    named = {line[1] for line in METRICS if isinstance(line, list) and line[0] == "CoopCycleBridge"}

    assert {metric.value for metric in Metric} == named
    assert {(metric.dimension.value, metric.value) for metric in Metric if metric.dimension} == {
        (dimension, name) for dimension, name, _ in searched
    }
    assert Dimension.NONE not in {dimension for dimension, _, _ in searched}


def test_it_shows_this_environment_alone() -> None:
    """Environments of one account have a dashboard each."""
    written = json.dumps(METRICS)

    assert written.count("CoopCycleBridge") == written.count("bridge-${Environment}")


def test_widgets_lie_beside_each_other() -> None:
    """On the grid of 24 columns no widget covers another."""
    taken = [
        (column, row)
        for widget in WIDGETS
        for column in range(widget["x"], widget["x"] + widget["width"])
        for row in range(widget["y"], widget["y"] + widget["height"])
    ]

    assert len(taken) == len(set(taken))
    assert max(column for column, _ in taken) == 23


def test_it_shows_every_alarm_that_is_always_there() -> None:
    """Those of the event bus are there with it alone, and a dashboard cannot name what is not."""
    template = sam_template.load()
    always = {
        name
        for name in sam_template.resources(template, "AWS::CloudWatch::Alarm")
        if "Condition" not in template["Resources"][name]
    }
    (shown,) = [widget["properties"]["alarms"] for widget in WIDGETS if widget["type"] == "alarm"]

    assert {f"${{{name}.Arn}}" for name in always} == set(shown)


def test_what_it_names_is_there() -> None:
    """Each resource that the dashboard refers to is deployed whatever the parameters are."""
    template = sam_template.load()
    named = {name.partition(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", BODY)}

    assert named <= {*template["Resources"], "AWS::Region", "Environment"}
    assert not [name for name in named if "Condition" in template["Resources"].get(name, {})]
