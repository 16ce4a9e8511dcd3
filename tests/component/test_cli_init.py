"""`bridge init`: a file that passes every check, whatever is answered, and never over another."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.component.conftest import Sandbox

from bridge import sources
from bridge_laptop.cli.main import main
from bridge_laptop.connection_files import read_connection_file

URL = "https://paris.coopcycle.org"


def init(folder: Path, *arguments: str, typed: str = "", **environ: str) -> Result:
    """Run the command for connection bloom."""
    command = ["init", "bloom", "--connections", str(folder), *arguments]
    return CliRunner(env=environ).invoke(main, command, input=typed)


@pytest.mark.parametrize("source", sources.NAMES)
def test_a_file_for_each_sender_passes_the_checks(tmp_path: Path, source: str) -> None:
    """Its own tables stand as in the sample, and the answers in the others."""
    result = init(tmp_path, "--source", source, "--url", f"{URL}/", typed="\n\n\n\n")

    assert 0 == result.exit_code, result.output
    connection = read_connection_file(tmp_path / "bloom.toml").connection
    assert (source, URL, "Europe/Paris", "FR") == (
        connection.source,
        connection.coopcycle_url,
        connection.timezone,
        connection.country,
    )
    assert sources.get(source).TRAITS.title in result.output
    assert "bridge connections apply bloom" in result.output


def test_what_no_option_says_is_asked_for(tmp_path: Path) -> None:
    """Answers with quotes and accents are written as TOML has them."""
    typed = f'shopify\n{URL}\nEurope/Brussels\nBE\nMo-Fr 10:00-18:00; Sa 10:00-13:00\n12 "rue" Gréty\n'

    result = init(tmp_path, typed=typed)

    assert 0 == result.exit_code, result.output
    connection = read_connection_file(tmp_path / "bloom.toml").connection
    assert ("Europe/Brussels", '12 "rue" Gréty') == (connection.timezone, connection.pickup.address)
    assert 'opening_hours = ["Mo-Fr 10:00-18:00", "Sa 10:00-13:00"]' in (tmp_path / "bloom.toml").read_text()


def test_a_wrong_answer_writes_nothing(tmp_path: Path) -> None:
    """Each problem names its key and what would be right."""
    result = init(tmp_path, "--source", "shopify", "--url", "paris", "--hours", "always", typed="\n\n\n")

    assert 1 == result.exit_code
    assert "coopcycle.url: " in result.output
    assert "opening_hours" in result.output
    assert [] == list(tmp_path.iterdir())


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    """Whoever takes an id twice loses nothing."""
    (tmp_path / "bloom.toml").write_text("# mine\n", encoding="utf-8")

    result = init(tmp_path, "--source", "shopify", "--url", URL, typed="\n\n\n\n")

    assert 1 == result.exit_code
    assert "is there already" in result.output
    assert "Timezone" not in result.output, "it is told before anything is asked"
    assert "# mine\n" == (tmp_path / "bloom.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("secret", "says"), [("acme-secret", "accepts them"), ("wrong", "credentials: ")])
def test_credentials_are_asked_of_coopcycle(tmp_path: Path, sandbox: Sandbox, secret: str, says: str) -> None:
    """Where the environment has them; the secret is never shown."""
    given = {"BRIDGE_BLOOM_CLIENT_ID": "acme", "BRIDGE_BLOOM_CLIENT_SECRET": secret}

    result = init(tmp_path, "--source", "shopify", "--url", sandbox.url, typed="\n\n\n\n", **given)

    assert 0 == result.exit_code, result.output
    assert says in result.output
    assert ("accepts them" in result.output) is (secret == "acme-secret")
    assert secret not in result.output


def test_a_wrong_answer_is_asked_for_again(tmp_path: Path) -> None:
    """Each answer is checked when it is given, not when all have been."""
    typed = f"shopify\nparis\n{URL}\nMars/Olympus\nEurope/Paris\nfrance\nFR\nalways\nMo-Fr 10:00-18:00\n\n"

    result = init(tmp_path, typed=typed)

    assert 0 == result.exit_code, result.output
    told = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert ["coopcycle.url", "timezone", "country", "schedule.opening_hours"] == [
        line.removeprefix("Error: ").partition(":")[0] for line in told
    ]
    assert URL == read_connection_file(tmp_path / "bloom.toml").connection.coopcycle_url


def test_the_id_is_asked_for_too(tmp_path: Path) -> None:
    """`bridge init` alone is enough to begin; an id that cannot be one is asked for again."""
    typed = f"Fleurs & Co\nfleurs\nshopify\n{URL}\n\n\n\n\n"

    result = CliRunner().invoke(main, ["init", "--connections", str(tmp_path)], input=typed)

    assert 0 == result.exit_code, result.output
    assert "lower-case letters, digits and hyphens, such as acme" in result.output
    assert (tmp_path / "fleurs.toml").is_file()
