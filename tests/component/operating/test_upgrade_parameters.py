"""``bridge upgrade``: connections move to where this version reads them, and no shop is unknown meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.component.conftest import Clients
from tests.support.connecting import PATH, SETTINGS, stored

from bridge.aws.connections import DISPATCHING, RECEIVING, ConnectionStore
from bridge.aws.known_ids import ids_path, read_parts
from bridge.operator import upgrade_parameters
from bridge.operator.connections import ConnectionRegistry, write_connection
from bridge_laptop.cli.main import main

OLD = {
    "settings": SETTINGS,
    "webhook-secret": "w1",
    "webhook-secret-previous": "w0",
    "client-id": "i1",
    "client-secret": "s1",
    "status-secret": "st",
    "shop-token": "t1",
}
KEY = "arn:aws:kms:eu-west-3:123456789012:key/8f0e"


@pytest.fixture
def ssm(aws: str, clients: Clients) -> Any:
    """Hold connection acme as the earlier version did."""
    for name, value in OLD.items():
        put(clients["ssm"], name, value)
    return clients["ssm"]


@pytest.fixture
def upgrade(ssm: Any, stack: None) -> Callable[[], Result]:
    """`bridge upgrade` against the stack bridge-dev."""
    return lambda: CliRunner().invoke(main, ["upgrade"])


def put(ssm: Any, name: str, value: str) -> None:
    """Write a parameter as the earlier version's `connections apply` did."""
    kind = "String" if name == "settings" else "SecureString"
    ssm.put_parameter(Name=f"{PATH}/connections/acme/{name}", Value=value, Type=kind, Overwrite=True)


def old_names(ssm: Any) -> list[str]:
    """Return what is at the old place."""
    answer = ssm.get_parameters_by_path(Path=f"{PATH}/connections", Recursive=True)
    return [parameter["Name"].removeprefix(f"{PATH}/connections/") for parameter in answer["Parameters"]]


def make_stack_old(cloudformation: Any) -> None:
    """Take from the stack what the earlier version's template had not."""
    described = cloudformation.describe_stacks(StackName="bridge-dev")["Stacks"][0]
    cloudformation.update_stack(
        StackName="bridge-dev",
        TemplateBody='{"Parameters": {"TokenCache": {"Type": "String"}}, "Resources": {}, "Outputs": {}}',
        Parameters=[each for each in described["Parameters"] if each["ParameterKey"] == "TokenCache"],
    )


def test_copied_before_the_deployment_and_cleared_after_it(
    upgrade: Callable[[], Result], ssm: Any, clients: Clients, stack: None
) -> None:
    """Whatever version runs finds the connection at every moment, and knows its id."""
    described = clients["cloudformation"].describe_stacks(StackName="bridge-dev")["Stacks"][0]
    template = clients["cloudformation"].get_template(StackName="bridge-dev")["TemplateBody"]
    make_stack_old(clients["cloudformation"])

    before = upgrade()

    assert 0 == before.exit_code, before.output
    assert before.output.startswith("7 parameters of connections copied to this version's place\n")
    assert "Deploy this version" in before.output
    assert stored() == OLD
    assert 7 == len(old_names(ssm))
    assert "acme" in "".join(read_parts(ssm, ids_path(PATH)).values())

    clients["cloudformation"].update_stack(
        StackName="bridge-dev", TemplateBody=_text(template), Parameters=described["Parameters"]
    )
    after = upgrade()

    assert 0 == after.exit_code, after.output
    assert "7 parameters of connections removed from the old place\n" in after.output
    assert stored() == OLD
    assert [] == old_names(ssm)
    assert "parameters" not in upgrade().output


def _text(template: Any) -> str:
    import json

    return template if isinstance(template, str) else json.dumps(template)


def test_each_reader_finds_its_own(ssm: Any) -> None:
    """After copying the stores of this version read what the old one held."""
    upgrade_parameters.copy_old(ssm, PATH)

    assert ("w1", "w0") == ConnectionStore(ssm, PATH, RECEIVING).get("acme")[1].webhook
    secrets = ConnectionStore(ssm, PATH, DISPATCHING).get("acme")[1]
    assert ("i1", "s1", "t1") == (secrets.client_id, secrets.client_secret, secrets.shop_token)


def test_what_was_written_later_stays(ssm: Any) -> None:
    """A secret applied by either version after the copy is the one that holds."""
    upgrade_parameters.copy_old(ssm, PATH)
    assert 0 == upgrade_parameters.copy_old(ssm, PATH)

    write_connection(ssm, PATH, "acme", None, {"client-secret": "by this version"})
    time.sleep(0.01)  # the times that SSM gives are compared
    put(ssm, "shop-token", "by the earlier version")

    assert 1 == upgrade_parameters.copy_old(ssm, PATH)
    assert "by this version" == stored()["client-secret"]
    assert "by the earlier version" == stored()["shop-token"]


def test_what_was_not_copied_is_not_removed(ssm: Any) -> None:
    """A half-finished copy loses nothing, nor does a parameter that nobody knows."""
    write_connection(ssm, PATH, "acme", None, {"client-id": "i1"})
    put(ssm, "note", "of somebody's own")

    assert 1 == upgrade_parameters.remove_old(ssm, PATH)
    assert {f"acme/{name}" for name in (*OLD, "note")} - {"acme/client-id"} == set(old_names(ssm))


def test_a_neighbouring_environment_is_left_alone(ssm: Any) -> None:
    """Only what is below the environment's own path is moved."""
    assert 0 == upgrade_parameters.copy_old(ssm, "/bridge/prod")
    assert 0 == upgrade_parameters.remove_old(ssm, "/bridge/prod")


def test_secrets_go_under_the_stacks_key(ssm: Any) -> None:
    """Once it has one, and back under AWS's own when it has none any more; values stay."""
    upgrade_parameters.copy_old(ssm, PATH)
    registry = ConnectionRegistry(ssm, PATH)

    assert 0 == upgrade_parameters.write_under_the_key(ssm, registry, "")
    assert 6 == upgrade_parameters.write_under_the_key(ssm, registry, KEY)
    assert {KEY} == keys(ssm)
    assert 0 == upgrade_parameters.write_under_the_key(ssm, registry, KEY)
    assert stored() == OLD
    assert 6 == upgrade_parameters.write_under_the_key(ssm, registry, "")
    assert {"alias/aws/ssm"} == keys(ssm)


def keys(ssm: Any) -> set[str]:
    """Return the KMS keys of the secrets at the new place."""
    paths = ConnectionRegistry(ssm, PATH).hierarchies()
    answer = ssm.describe_parameters(
        ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": paths}]
    )
    return {parameter["KeyId"] for parameter in answer["Parameters"]}
