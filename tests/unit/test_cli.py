"""The command line itself: its groups, its help, its tables."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bridge_laptop.cli import as_json
from bridge_laptop.cli.examples import EXAMPLES
from bridge_laptop.cli.main import COMMANDS, main
from bridge_laptop.cli.table import print_table


def all_commands() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, those of groups and those in them."""
    context = click.Context(main)
    for name in COMMANDS:
        yield (name,)
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, verb) for verb in command.list_commands(context))


@pytest.mark.parametrize("words", [(), *all_commands()], ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    """Each takes -h as well as --help, and says what it is for."""
    short, long = (CliRunner().invoke(main, [*words, option]) for option in ("-h", "--help"))

    assert (0, long.output) == (short.exit_code, short.output)
    assert f"Usage: main {' '.join(words)}".strip() in short.output
    assert len(short.output.splitlines()) > 4


def understood(line: str) -> str:
    """Have an example read by the command that it names, without running it; return the command's words.

    Raises:
        click.UsageError: the command does not take it.
    """
    call = shlex.split(line.partition(" | ")[0].partition(" > ")[0], comments=True)
    context = main.make_context("bridge", call[1:])
    command: click.Command = main
    while isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]  # as click's own Group.invoke has it
        name, found, arguments = command.resolve_command(context, rest)
        assert found is not None
        command = found
        try:
            with CliRunner().isolation(input=""):
                context = found.make_context(name, arguments, parent=context)
        except click.Abort:  # it asks for what no option says
            return str(name)
    return context.command_path.removeprefix("bridge ")


@pytest.mark.parametrize("words", [(), *all_commands()], ids=" ".join)
def test_every_command_has_examples(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Help ends with examples, and each is read by the command without an error."""
    monkeypatch.chdir(Path(__file__).parents[2])
    command = " ".join(words)

    shown = CliRunner().invoke(main, [*words, "-h"]).output

    assert EXAMPLES[command]
    for example in EXAMPLES[command]:
        assert f"    {example}\n" in shown
        assert understood(example).startswith(command)


def test_every_example_is_of_a_command() -> None:
    """No example is left of a command that is gone."""
    assert set(EXAMPLES) == {"", *(" ".join(words) for words in all_commands())}


def test_an_example_that_is_not_understood_is_found() -> None:
    """The comparison above sees an option that there is not."""
    with pytest.raises(click.UsageError):
        understood("bridge orders list --sice 2h")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["order"], "no command 'order'; did you mean orders?"),
        (["parcked", "list"], "no command 'parcked'; did you mean parked?"),
        (["connections", "aply"], "no command 'aply'; did you mean apply?"),
        (["orders", "lst"], "no command 'lst'; did you mean list?"),
        (["parked", "redrve"], "no command 'redrve'; did you mean redrive?"),
        (["xyzzy"], "no command 'xyzzy'; there are: local, sandbox, init, connections, "),
    ],
)
def test_did_you_mean(words: list[str], told: str) -> None:
    """A command that is misspelled is answered with the one that is nearest, or with all."""
    result = CliRunner().invoke(main, words)

    assert 2 == result.exit_code
    assert told in result.stderr


ROWS = (("7", "created"), ("8", "rejected"))


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **environ: str) -> str:
    """Return a table as it is printed in an environment."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    print_table(("ID", "STATE"), ROWS)
    return capsys.readouterr().out


def test_table_in_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Headers, columns, no colours, nothing behind the last column."""
    assert "ID  STATE\n7   created\n8   rejected\n" == printed(monkeypatch, capsys)


def test_table_in_a_pipe_is_as_wide_as_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """A row stays a line, so that grep and cut can be used."""
    print_table(("ID", "BECAUSE"), [("7", "word " * 100)])

    assert 2 == len(capsys.readouterr().out.splitlines())


def test_table_with_colours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """States are coloured where colours are wanted, and not with NO_COLOR (https://no-color.org)."""
    coloured = printed(monkeypatch, capsys, FORCE_COLOR="1")
    plain = printed(monkeypatch, capsys, FORCE_COLOR="1", NO_COLOR="1")

    assert "\x1b[32mcreated" in coloured
    assert "\x1b[31mrejected" in coloured
    assert "\x1b[3" not in plain


def test_table_shows_what_looks_like_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets of an order are shown as they are."""
    print_table(("ORDER",), [("[red]#7[/red]",)])

    assert "[red]#7[/red]" in capsys.readouterr().out


NO_LISTING = {  # what a command without --json prints instead
    "local": "what happens, as it happens; `tail --local --json` for programs",
    "sandbox": "its address",
    "init": "questions",
    "connections apply": "a change, before it asks",
    "connections remove": "a change, before it asks",
    "url": "an address alone",
    "parked redrive": "a change, before it asks",
    "parked discard": "a change, before it asks",
    "parked close": "a change, before it asks",
    "replay": "a change, before it asks",
    "redact": "a change, before it asks",
    "export": "JSON anyway: the data of a person, as they are held",
    "upgrade": "what it does",
    "uninstall": "a change, before it asks",
    "map": "JSON anyway: the body that CoopCycle would be sent",
    "sign": "a command for a shell",
    "console invite": "what it does",
    "console remove": "what it does",
    "event": "JSON anyway: an event of Lambda",
    "sam-local": "what the SAM CLI prints",
}


def test_no_listing_is_forgotten() -> None:
    """Every command prints for programs what the schema says, or is known to list nothing."""
    context = click.Context(main)
    takes_json = set()
    for words in all_commands():
        command: click.Command | None = main.get_command(context, words[0])
        if isinstance(command, click.Group):
            command = command.get_command(context, words[1]) if words[1:] else None
        if command is not None and any("--json" in parameter.opts for parameter in command.params):
            takes_json.add(" ".join(words))
    groups = {"connections", "console", "orders", "parked"}

    assert {*as_json.LISTS, *as_json.LINES} == takes_json | {"logs --follow"}
    assert {" ".join(words) for words in all_commands()} == takes_json | set(NO_LISTING) | groups
    assert not takes_json & set(NO_LISTING)
