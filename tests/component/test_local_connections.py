"""Connections of the local stack: put in force together, or told what is wrong with all of them."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from bridge.aws.connections import ConnectionStore
from bridge.errors import InvalidConnection
from bridge_laptop.local import provisioning, running_stack
from bridge_laptop.local.stack import push_connections

SETTINGS = 'source = "shopify"\ncoopcycle.url = "https://acme.coopcycle.org"\n'


def test_every_wrong_file_is_named(aws: str, tmp_path: Path) -> None:
    """All problems of all files are told at once, each with its file, and nothing is put in force."""
    (tmp_path / "good.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "one.toml").write_text('source = "shopify"\n', encoding="utf-8")
    (tmp_path / "two.toml").write_text(SETTINGS + 'country = "fr"\n', encoding="utf-8")

    with pytest.raises(InvalidConnection) as caught:
        push_connections(tmp_path, "http://127.0.0.1:3001")

    one, two = caught.value.problems
    assert one.startswith(f"{tmp_path / 'one.toml'}: coopcycle.url: ")
    assert two.startswith(f"{tmp_path / 'two.toml'}: ")
    assert "country" in two
    path = f"{provisioning.CONNECTIONS_PATH}/"
    assert [] == boto3.client("ssm").get_parameters_by_path(Path=path, Recursive=True)["Parameters"]


def test_connections_are_pointed_at_the_stacks_instance(aws: str, tmp_path: Path) -> None:
    """A file names the real instance; here its connection is one of the sandbox."""
    (tmp_path / "acme.toml").write_text(SETTINGS, encoding="utf-8")

    push_connections(tmp_path, "http://127.0.0.1:3001")

    connection, secrets = ConnectionStore(boto3.client("ssm"), provisioning.CONNECTIONS_PATH).get("acme")
    assert "http://127.0.0.1:3001" == connection.coopcycle_url
    assert ("acme", "acme-secret") == (secrets.client_id, secrets.client_secret)


def test_stack_of_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clones have two stacks: each says where it is in its own folder."""
    monkeypatch.delenv(running_stack.VARIABLE, raising=False)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    monkeypatch.chdir(tmp_path / "one")
    state = running_stack.LocalState("http://127.0.0.1:3000", "http://127.0.0.1:5000", {})

    with running_stack.announced(state):
        here = running_stack.read()
        monkeypatch.chdir(tmp_path / "two")
        with pytest.raises(running_stack.NotRunning, match=str(tmp_path / "two")):
            running_stack.read()
        monkeypatch.setenv(running_stack.VARIABLE, str(tmp_path / "one" / running_stack.FILE_NAME))
        by_its_file = running_stack.read()

    assert state == here == by_its_file
    assert [] == list((tmp_path / "one").iterdir()), "it is gone although one stands elsewhere"


@pytest.mark.parametrize("text", ["", "[]", '{"port": 3000}'])
def test_stack_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What another version wrote is said to be that."""
    file = tmp_path / "state.json"
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv(running_stack.VARIABLE, str(file))

    with pytest.raises(running_stack.NotRunning, match="start the stack again"):
        running_stack.read()
