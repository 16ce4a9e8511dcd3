"""What may be wrong with a deployment, asked of everything that an order depends on; nothing is changed.

Each check gives findings: what was looked at, whether it is well, and where it is not, the cure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bridge.aws.known_ids import ids_in, ids_path, read_parts
from bridge.errors import InvalidConnection
from bridge.operator.connections import check_settings, plan
from bridge.operator.credentials import check_credentials
from bridge.operator.deployment import ORDER_INDEXES, stack_name
from bridge.operator.upgrade_parameters import at_the_old_place

if TYPE_CHECKING:
    from bridge.operator.connections import ConnectionRegistry, StoredConnection
    from bridge.operator.deployment import Deployment, MakeClient

SKEW_ALLOWED = timedelta(minutes=1)  # AWS refuses signatures from five minutes on
_WELL_STACKS = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


class Health(StrEnum):
    """How it is with what was looked at."""

    WELL = "well"
    WARNING = "warning"  # orders flow; something is not as it should be
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; ``cure`` is what to do, empty where all is well. Nothing secret is in it."""

    about: str
    health: Health
    says: str
    cure: str = ""


def well(about: str, says: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(about, Health.WELL, says)


def wrong(about: str, says: str, cure: str) -> Finding:
    """Return a finding for which orders do not flow."""
    return Finding(about, Health.WRONG, says, cure)


def warning(about: str, says: str, cure: str) -> Finding:
    """Return a finding that somebody should look after."""
    return Finding(about, Health.WARNING, says, cure)


# --- AWS ------------------------------------------------------------------------------------------


def identity(client: MakeClient, now: datetime) -> Iterator[Finding]:
    """Tell who we are to AWS, and whether our clock is right, by the time that AWS answers with."""
    answer = client("sts").get_caller_identity()
    yield well("AWS identity", answer["Arn"])
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    skew = now - (parsedate_to_datetime(date) if date else now)
    if abs(skew) > SKEW_ALLOWED:
        ahead = "ahead of" if skew > timedelta(0) else "behind"
        yield wrong(
            "clock",
            f"this machine is {abs(skew) // timedelta(seconds=1)} s {ahead} AWS",
            "set the clock by the network (`timedatectl set-ntp true`); AWS refuses signatures that are "
            "five minutes off",
        )
    else:
        yield well("clock", "agrees with AWS")


def stack(client: MakeClient, environment: str) -> Iterator[Finding]:
    """Tell how the stack is, and whether anybody hears of its alarms.

    Raises:
        botocore.exceptions.ClientError: there is none, among others.
    """
    described = client("cloudformation").describe_stacks(StackName=stack_name(environment))["Stacks"][0]
    status = described["StackStatus"]
    if status in _WELL_STACKS:
        yield well("stack", f"{described['StackName']}: {status}")
    elif status.endswith("_IN_PROGRESS"):
        yield warning("stack", f"{described['StackName']}: {status}", "wait until it is done")
    else:
        yield wrong(
            "stack",
            f"{described['StackName']}: {status}",
            "read the stack's events in CloudFormation's console, mend what they name, and deploy again",
        )
    yield _who_is_told(client, described)


def _who_is_told(client: MakeClient, described: Mapping[str, Any]) -> Finding:
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    if parameters.get("AlarmTopicArn"):
        return well("alarms", "notify a topic of yours")
    if not parameters.get("AlarmEmail"):
        return warning(
            "alarms",
            "nobody is told when one rings",
            "deploy with --parameter-overrides AlarmEmail=you@example.org, or AlarmTopicArn",
        )
    topic = outputs.get("AlarmTopicArn", "")
    subscriptions = client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    if any(each["SubscriptionArn"].startswith("arn:") for each in subscriptions):
        return well("alarms", "write to AlarmEmail")
    return warning(
        "alarms",
        "AlarmEmail has not been confirmed, so nobody is told when one rings",
        "open the mail from AWS Notifications and confirm; to have it sent again, deploy once without "
        "AlarmEmail and once with it",
    )


# --- what is stored -------------------------------------------------------------------------------


def stored(deployment: Deployment) -> Iterator[Finding]:
    """Tell whether an earlier version's orders and parameters have been brought to this one."""
    if not deployment.is_local and deployment.order_indexes < ORDER_INDEXES:
        yield wrong(
            "orders",
            f"the table has {deployment.order_indexes} of {ORDER_INDEXES} indexes: orders cannot be listed",
            "run `bridge upgrade`",
        )
        return
    left = at_the_old_place(deployment.ssm, deployment.registry.path)
    if left:
        yield wrong(
            "upgrade",
            f"{left} parameters of connections are where an earlier version kept them",
            "run `bridge upgrade`",
        )
    parked = len(deployment.parked.look().messages)
    if parked:
        yield warning("orders", f"{parked} messages are parked", "read why: `bridge parked list`")
    else:
        yield well("orders", "nothing is parked")


def connections(registry: ConnectionRegistry, files: Mapping[str, str]) -> Iterator[Finding]:
    """Tell how the connections in force are, and how they differ from their files (id -> settings)."""
    in_force = {each.connection_id: each for each in registry.everything()}
    parts = read_parts(registry.ssm, ids_path(registry.path))
    known = {each for part in parts.values() for each in ids_in(part)} if parts else set(in_force)
    if not in_force:
        yield warning("connections", "none is in force", "`bridge connections apply` puts one in force")
    for connection_id, one in in_force.items():
        about = f"connection {connection_id}"
        problem = _problem(one) or (
            None
            if connection_id in known
            else wrong(about, "is not on the receiver's list: its webhooks are answered 404", _APPLY_ANY)
        )
        yield problem or _drift(about, one, files) or well(about, "is complete and as its file says")
    for connection_id in sorted(set(files) - set(in_force)):
        yield warning(
            f"connection {connection_id}",
            "has a file and is not in force",
            f"`bridge connections apply {connection_id}`",
        )


_APPLY_ANY = "`bridge connections apply` with any connection brings the list into line"


def _problem(one: StoredConnection) -> Finding | None:
    """Return what makes a connection unusable."""
    about = f"connection {one.connection_id}"
    apply = f"`bridge connections apply {one.connection_id}`"
    if one.settings is None:
        return wrong(about, "has secrets and no settings", f"{apply}, or `bridge connections remove`")
    try:
        check_settings(one.connection_id, one.settings)
    except InvalidConnection as error:
        return wrong(about, f"its settings are wrong: {error.problems[0]}", f"mend its file, then {apply}")
    if one.missing:
        return wrong(about, f"lacks {', '.join(one.missing)}", f"{apply}, which asks for them")
    return None


def _drift(about: str, one: StoredConnection, files: Mapping[str, str]) -> Finding | None:
    """Return how what is in force differs from the file."""
    apply = f"`bridge connections apply {one.connection_id}`"
    text = files.get(one.connection_id)
    if text is None:
        return warning(
            about, "has no file in this directory", "keep its file with the others, or name it --connections"
        )
    wanted = plan(one.connection_id, settings_text=text, given={}, stored={"settings": one.settings or ""})
    if wanted.settings_diff:
        return warning(
            about, f"differs from its file: {wanted.settings_diff[0]} …", f"{apply} shows it, and asks"
        )
    if one.is_rotating:
        return warning(
            about,
            "its previous webhook secret is still valid",
            f"once the shop signs with the new one: {apply} --forget-previous",
        )
    return None


# --- CoopCycle ------------------------------------------------------------------------------------


def instances(registry: ConnectionRegistry) -> Iterator[Finding]:
    """Tell whether each connection's instance answers, and whether it accepts the credentials."""
    for one in registry.everything():
        if _problem(one) is not None:
            continue
        connection, secrets = one.parse(), registry.secrets(one.connection_id)
        about = f"CoopCycle for {one.connection_id}"
        checked = check_credentials(connection, secrets.client_id, secrets.client_secret)
        if checked.accepted is None:
            yield wrong(
                about,
                f"{connection.coopcycle_url} gives no usable answer: {checked.why}",
                "open it in a browser: is coopcycle.url right, and the instance up?",
            )
        elif not checked.accepted:
            yield wrong(
                about,
                f"{connection.coopcycle_url} refuses the credentials",
                "look at the shop's API app on CoopCycle, then "
                f"`bridge connections apply {one.connection_id}` with its client id and secret",
            )
        elif not checked.store:
            yield wrong(
                about,
                "the credentials are of no store, so that nothing can be created",
                "make an API app for the shop's store on CoopCycle, and apply its client id and secret",
            )
        else:
            yield well(about, f"{connection.coopcycle_url} accepts the credentials, of store {checked.store}")


def now() -> datetime:
    """Return the present, aware."""
    return datetime.now(UTC)
