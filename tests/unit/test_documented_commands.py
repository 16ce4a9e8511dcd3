"""Every command of the documentation is one line, and is a command: its options are those that there are."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import click
import pytest
from botocore import xform_name
from botocore.validate import ParamValidator

from bridge_laptop import generate_docs
from bridge_laptop.cli.main import main

ROOT = Path(__file__).parents[2]
DOCUMENTS = generate_docs.DOCUMENTS
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NOT_YET = "my-shop"  # what the guide for a new sender makes
BOTOCORE = botocore.session.get_session()


def lines_of_blocks(document: Path) -> list[str]:
    """Return the lines of a document's blocks of commands, without their comments."""
    blocks = [body for language, body in _BLOCK.findall(document.read_text("utf-8")) if language in SHELLS]
    lines = [re.sub(r"(^|\s+)# .*$", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


SHELLS = ("sh", "bash", "shell", "console")


def spans(document: Path) -> list[str]:
    """Return what stands between backticks in running text, on one line."""
    text = _BLOCK.sub("", document.read_text("utf-8"))
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]


def commands_of(document: Path, program: str) -> list[list[str]]:
    """Return each use of a program: what it is given, up to a pipe."""
    found = []
    for line in (*lines_of_blocks(document), *spans(document)):
        for part in re.split(r"\s(?:\||&&)\s", line):
            match = re.match(rf"(?:\.venv/(?:sam/)?bin/)?{program} (.+)$", part)
            if match:
                found.append(shlex.split(match[1]))
    return found


named = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda each: f"{each.parent.name}/{each.name}")


@named
def test_a_command_is_one_line(document: Path) -> None:
    """Whoever copies a line has the whole of it: nothing goes on on the next one, and a shell can read it."""
    for line in lines_of_blocks(document):
        assert not re.search(r"\\$|<<|^(?:for|while|if|case)\b", line), line
        read = subprocess.run(["/bin/bash", "-n", "-c", line], capture_output=True, text=True, check=False)
        assert 0 == read.returncode, f"{line}: {read.stderr}"


@named
def test_commands_of_the_bridge_have_these_options(document: Path) -> None:
    """Each `bridge …`, in a block or a sentence, is a command with the options that are shown."""
    for arguments in commands_of(document, "bridge"):
        context, command, rest = click.Context(main), main, list(arguments)
        while isinstance(command, click.Group) and rest and re.fullmatch(r"[a-z-]+", rest[0]):
            name = rest.pop(0)
            inner = command.get_command(context, name)
            assert inner is not None, f"bridge {' '.join(arguments)}: no command {name}"
            command = inner
        known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        shown = {each.partition("=")[0] for each in rest if re.match(r"--?[a-z]", each)}
        assert [] == sorted(shown - known - {"-h", "--help"}), f"bridge {' '.join(arguments)}"


@named
def test_files_that_are_given_exist(document: Path) -> None:
    """A file of the repository that a command is given is there."""
    given = [each for arguments in commands_of(document, "bridge") for each in arguments if "/" in each]
    ours = [each for each in given if re.match(r"(?:connections|events|examples)/\S+\.\w+$", each)]

    assert [] == [each for each in ours if _NOT_YET not in each and not (ROOT / each).exists()]


@named
def test_targets_exist(document: Path) -> None:
    """Each `make …` is a target."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = [arguments[0] for arguments in commands_of(document, "make")]

    assert [] == [target for target in targets if f"\n{target}:" not in makefile]


@named
def test_commands_of_aws_are_calls_that_there_are(document: Path) -> None:
    """Each `aws SERVICE OPERATION` is one of botocore's, with all that it must have and nothing unknown."""
    for service, *rest in commands_of(document, "aws"):
        if service in SIGNING_IN:
            continue
        operation = rest.pop(0)
        if operation == "wait":
            waiters = BOTOCORE.get_waiter_model(service).waiter_names
            assert rest[0] in {xform_name(name, "-") for name in waiters}, rest
            continue
        model = BOTOCORE.get_service_model(service)
        calls = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in calls, f"aws {service} {operation}"
        shape = model.operation_model(calls[operation]).input_shape
        given = options(rest, shape)
        assert "" == ParamValidator().validate(given, shape).generate_report(), f"aws {service} {operation}"
        assert set(given) <= set(shape.members), f"aws {service} {operation}"


def options(words: list[str], shape: Any) -> dict[str, Any]:
    """Read the options of a call as the CLI does: "--domain-name a", "--configurations A=b,C=d"."""
    members = {f"--{xform_name(name, '-')}": name for name in shape.members}
    given = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option in CLI_S_OWN:
            continue
        name = members.get(option, option)
        given[name] = typed(value, shape.members[name]) if name in shape.members else value
    return given


def typed(value: str, shape: Any) -> Any:
    """Return an option's value as the shape wants it: a text, or the CLI's shorthand for more."""
    if shape.type_name == "list":
        return [typed(value, shape.member)]
    if shape.type_name == "structure":
        return dict(part.split("=", 1) for part in value.split(","))
    return value.replace("…", "x" * 40)  # what is left to be filled in


SIGNING_IN = ("configure", "sso")  # the CLI's own
CLI_S_OWN = {"--query", "--output", "--region", "--profile"}


def test_there_are_commands() -> None:
    """The patterns above find what they are for."""
    assert sum(len(commands_of(each, "bridge")) for each in DOCUMENTS) > 100
    assert sum(len(commands_of(each, "make")) for each in DOCUMENTS) > 30
    assert sum(len(lines_of_blocks(each)) for each in DOCUMENTS) > 30
