"""The command line itself: its groups, its help, its tables."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

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
