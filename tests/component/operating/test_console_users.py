"""``bridge console``: who may sign in to the page, in a user pool of the emulator's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import boto3
import pytest
from click.testing import CliRunner, Result
from tests.component.conftest import Clients, Provisioned
from tests.support.printed import faults
from tests.support.stacks import make_stack

from bridge_laptop.cli.main import main

Run = Callable[..., Result]
AMEL, NOE = "amel@coop.example", "noe@coop.example"


@pytest.fixture
def pool(aws: str) -> Iterator[str]:
    """A user pool as the template makes it."""
    cognito = boto3.client("cognito-idp")
    pool_id = cognito.create_user_pool(
        PoolName="bridge-page-console",
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        UsernameConfiguration={"CaseSensitive": False},
    )["UserPool"]["Id"]
    cognito.create_group(GroupName="dispatchers", UserPoolId=pool_id)
    yield pool_id
    cognito.delete_user_pool(UserPoolId=pool_id)


@pytest.fixture
def console(pool: str, clients: Clients, provisioned: Provisioned) -> Iterator[Run]:
    """`bridge console …` against a stack that has the page."""
    names = {**provisioned.names, "Console": "on", "ConsoleUserPool": pool}
    make_stack(clients, names, "bridge-page")
    yield lambda *arguments, **more: CliRunner().invoke(
        main, ["console", arguments[0], "--environment", "page", *arguments[1:]], **more
    )
    clients["cloudformation"].delete_stack(StackName="bridge-page")


def users(console: Run) -> dict[str, tuple[str, bool]]:
    """Return what each user may do, and whether he has come already."""
    listed = json.loads(console("list", "--json").stdout)
    assert [] == faults(listed, "console list")
    return {each["user"]: (each["may"], each["has_signed_in"]) for each in listed}


def come(pool: str, mail: str) -> None:
    """Choose a password, as somebody does at his first sign-in."""
    boto3.client("cognito-idp").admin_set_user_password(
        UserPoolId=pool, Username=mail, Password="correct-Horse-9", Permanent=True
    )


def test_who_is_invited_looks_and_a_dispatcher_acts(console: Run, pool: str) -> None:
    """Each gets a mail to the address that he signs in with; the command says where the page is."""
    told = console("invite", AMEL, "--dispatcher")
    looks = console("invite", f" {NOE.upper()} ")

    assert "may act; a mail with a first password" in told.output
    assert "the page: https://console.execute-api.eu-west-3.amazonaws.com/console" in told.output
    assert "may look" in looks.output
    assert {AMEL: ("act", False), NOE: ("look", False)} == users(console)
    kept = boto3.client("cognito-idp").admin_get_user(UserPoolId=pool, Username=AMEL)["UserAttributes"]
    assert {"Name": "email", "Value": AMEL} in kept
    assert {"Name": "email_verified", "Value": "true"} in kept


def test_inviting_again_sends_another_mail_until_somebody_has_come(console: Run, pool: str) -> None:
    """And changes what he may do; the password of somebody who has come is left alone."""
    console("invite", AMEL, "--dispatcher")
    assert "a mail with a first password" in console("invite", AMEL, "--dispatcher").output
    come(pool, AMEL)

    told = console("invite", AMEL)

    assert f"{AMEL} signs in already, and may look" in told.output
    assert {AMEL: ("look", True)} == users(console)


def test_removed_is_gone(console: Run) -> None:
    """After a question; who is not there is named."""
    console("invite", AMEL)

    assert 1 == console("remove", AMEL, input="n\n").exit_code
    assert [AMEL] == list(users(console))
    assert f"{AMEL}: removed" in console("remove", AMEL, "--yes").output
    assert {} == users(console)
    assert "nobody yet" in console("list").output
    assert f"Error: no user {AMEL}\n" == console("remove", AMEL, "--yes").stderr


@pytest.mark.parametrize(
    "wrong", ["amel", "amel@coop", "amel@coop..", "a b@coop.example", f"{'a' * 120}@coop.example"]
)
def test_what_is_no_mail_address_is_refused(console: Run, wrong: str) -> None:
    """Nobody could read the first password."""
    answer = console("invite", wrong)

    assert 1 == answer.exit_code
    assert "is no mail address, such as amel@coop.example" in answer.stderr
    assert {} == users(console)


def test_without_the_page_nobody_can_be_invited(aws: str, clients: Clients, provisioned: Provisioned) -> None:
    """A stack with `Console: off` has no users."""
    del aws
    make_stack(clients, {**provisioned.names, "Console": "off"}, "bridge-plain")
    answer = CliRunner().invoke(main, ["console", "invite", AMEL, "--environment", "plain"])
    clients["cloudformation"].delete_stack(StackName="bridge-plain")

    assert 1 == answer.exit_code
    assert "environment plain has no page for dispatchers; deploy it with Console=on" in answer.stderr
