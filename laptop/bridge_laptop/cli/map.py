"""``bridge map``: the dry run. What CoopCycle would be sent for a webhook's body; creates nothing.

Asks nobody, unless told to: ``--assert`` asks CoopCycle, and a webhook that only names its order needs the
shop's API, or its answers in files (``--api``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from bridge import sources
from bridge.connections.model import Connection
from bridge.coopcycle.payload import delivery_body, fields_of
from bridge.errors import InvalidConnection, NotFeasible, PermanentError, RejectedWebhook, RetryableError
from bridge.fields.fields import read_order
from bridge.model import Delivery, Ignored
from bridge.planning.plan import plan
from bridge.planning.trace import Trace
from bridge_laptop.cli.asking import ask_coopcycle, shop_for
from bridge_laptop.connection_files import read_connection_file
from bridge_laptop.nobody import Nobody

DELIVERY, ERROR, IGNORED = 0, 2, 3  # exit codes; click's own usage errors are 2 as well


class Moment(click.ParamType[datetime]):
    """An ISO 8601 time with an offset."""

    name = "ISO time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the time; one without an offset is refused."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail("write it with an offset, such as 2026-11-23T10:00:00+01:00", param, ctx)
        return moment


@click.command("map")
@click.argument("connection_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("body_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--headers",
    "headers_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='The webhook\'s headers, as lines "Name: value" or a JSON object; they name the topic.',
)
@click.option("--topic", help="The webhook's topic, instead of the one in the headers.")
@click.option("--now", type=Moment(), help="The time of the order, instead of the present.")
@click.option(
    "--api",
    "api_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Answers of the shop's API for a webhook that only names its order: a TOML file with a table [api] "
    'of paths and files, such as "/v2/orders/250" = "order-250.json". Without it the shop is asked.',
)
@click.option(
    "--explain", is_flag=True, help="Say on stderr where each value comes from, and which rules fired."
)
@click.option(
    "--assert",
    "asserting",
    is_flag=True,
    help="Ask CoopCycle whether its rules allow the delivery, with the credentials in the environment.",
)
@click.pass_context
def map_body(
    ctx: click.Context,
    connection_file: Path,
    body_file: Path,
    headers_file: Path | None,
    topic: str | None,
    now: datetime | None,
    api_file: Path | None,
    explain: bool,
    asserting: bool,
) -> None:
    """Print the exact body CoopCycle would be sent for a webhook's body.

    Exit code 0: a delivery, as JSON on stdout. 3: ignored, the reason on stderr. 2: an error, likewise.
    What CoopCycle's rules do not allow (--assert) is printed too, and ends as the connection's if_infeasible
    says: 2 to be parked, 3 to be ignored.
    """
    trace = Trace()
    try:
        connection = read_connection_file(connection_file).connection
        headers = _read_headers(headers_file) if headers_file else {}
        shop = shop_for(connection, api_file)
        push = sources.Push(body_file.read_bytes(), headers, now or datetime.now(UTC))
        mapped = _map(connection, push, topic, shop, trace)
    except InvalidConnection as error:
        click.echo("\n".join(f"{connection_file}: {problem}" for problem in error.problems), err=True)
        ctx.exit(ERROR)
    except (PermanentError, RetryableError) as error:
        _explain_rules(trace, explain)
        click.echo(f"error: {error}", err=True)
        ctx.exit(ERROR)
    except RejectedWebhook as error:
        click.echo(f"error: the body cannot be read ({error.reason})", err=True)
        ctx.exit(ERROR)
    if isinstance(mapped, Ignored):
        _explain_rules(trace, explain)
        effect = "; a delivery made earlier would be cancelled" if mapped.retracts else ""
        click.echo(f"ignored: {mapped.reason}{effect}", err=True)
        ctx.exit(IGNORED)
    body = delivery_body(mapped)
    click.echo(json.dumps(body, indent=2, ensure_ascii=False))
    if explain:
        _explain_values(trace, body)
    _explain_rules(trace, explain)
    if asserting:
        ctx.exit(_ask(connection, body))


def _map(
    connection: Connection, push: sources.Push, topic: str | None, shop: sources.Shop, trace: Trace
) -> Delivery | Ignored:
    """Do what receiver and worker do with a webhook, up to the call."""
    source = sources.get(connection.source)
    if topic is None and push.headers:
        webhook = source.identify(push, connection.options)
        if isinstance(webhook, Ignored):
            return webhook
        topic = webhook.topic
    topic = topic or source.TOPICS[0]
    if connection.orders.topics and topic not in connection.orders.topics:
        return Ignored("topic_not_followed")
    payload = sources.Payload(push.body, topic, push.received_at, push.content_type)
    payload = source.fetch(payload, connection.options, shop)
    order = read_order(source, payload, connection.options)
    if isinstance(order, Ignored):
        return order
    for key, value, instead in (
        ("timezone", connection.timezone, "UTC"),
        ("country", connection.country, "no country"),
    ):
        if value is None:
            click.echo(f"{key}: not in the connection, CoopCycle would be asked; here: {instead}", err=True)
    schedule = connection.schedule
    if schedule.window == "coopcycle":
        click.echo(
            "schedule.window: CoopCycle would be asked for its time slots; here: the schedule", err=True
        )
        schedule = replace(schedule, window="schedule")
    complete = replace(
        connection,
        timezone=connection.timezone or "UTC",
        country=connection.country or "",
        schedule=schedule,
        orders=replace(connection.orders, check_feasibility=False),  # --assert asks
    )
    return plan(order, complete, Nobody(), now=push.received_at, kept=None, trace=trace)


# --- what is said beside the body ---------------------------------------------------------------


def _explain_values(trace: Trace, body: Mapping[str, object]) -> None:
    """Print where each value of the body comes from: a path in the webhook, a key of the connection."""
    click.echo("\nvalues", err=True)
    lines = [(path, trace.origins.get(field, [])) for path, field in fields_of(body)]
    width = max(len(path) for path, _ in lines)
    for path, origins in lines:
        for index, origin in enumerate(origins):
            how = f" ({origin.how})" if origin.how else ""
            name = path if index == 0 else ""
            click.echo(f"  {name:<{width}}  {_KINDS[origin.kind]} {origin.where}{how}", err=True)


_KINDS = {"order": "webhook", "setting": "connection", "default": "default"}


def _explain_rules(trace: Trace, explain: bool) -> None:
    if not explain:
        return
    click.echo("\nrules", err=True)
    for rule in trace.rules:
        click.echo(f"  {rule.name}: {rule.decision}", err=True)


def _ask(connection: Connection, body: Mapping[str, object]) -> int:
    """Say on stderr what CoopCycle answers to the question of feasibility; return the exit code."""
    try:
        unsaid = ask_coopcycle(connection, body)
    except NotFeasible as error:
        ignore = connection.orders.if_infeasible == "ignore"
        click.echo(f"{'ignored' if ignore else 'error'}: {error}", err=True)
        return IGNORED if ignore else ERROR
    except (PermanentError, RetryableError) as error:
        click.echo(f"error: {error}", err=True)
        return ERROR
    click.echo(f"CoopCycle cannot say: {unsaid}" if unsaid else "CoopCycle: feasible", err=True)
    return DELIVERY


def _read_headers(path: Path) -> dict[str, str]:
    """Read the headers, names in lower case; a request line or an empty line is skipped.

    Raises:
        click.BadParameter: the file is JSON, but no object, or not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip().startswith("{"):
            return {str(name).lower(): str(value) for name, value in json.loads(text).items()}
    except ValueError as error:  # of JSON or of UTF-8
        raise click.BadParameter(f"{path} is neither header lines nor a JSON object") from error
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
