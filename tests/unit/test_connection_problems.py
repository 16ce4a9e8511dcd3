"""What is wrong in a connection's file is said, all at once."""

from __future__ import annotations

import pytest
from tests.support.connection_files import MINIMAL

from bridge.connections.parse import is_connection_id, parse_connection
from bridge.errors import InvalidConnection


def problems_of(text: str, connection_id: str = "acme") -> tuple[str, ...]:
    """Parse what must not parse."""
    with pytest.raises(InvalidConnection) as caught:
        parse_connection(connection_id, text)
    return caught.value.problems


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("country = UK", "file: not TOML, "),
        ('sorce = "shopify"', "sorce: unknown key, did you mean source?"),
        ("extra = 1", "extra: unknown key, known here: source, timezone, country, "),
        ("timezone = 1", 'timezone: must be a text in quotes, such as timezone = "…"'),
        ('timezone = " "', "timezone: is empty, leave the line out instead"),
        (
            'timezone = "Europe/Pariss"',
            'timezone: "Europe/Pariss" is not a time zone, did you mean Europe/Paris?',
        ),
        ('timezone = "Europe"', 'timezone: "Europe" is not a time zone, '),
        ('timezone = "../etc/passwd"', 'timezone: "../etc/passwd" is not a time zone, '),
        ('timezone = "/etc/localtime"', 'timezone: "/etc/localtime" is not a time zone, '),
        ('country = "fr"', 'country: "fr" is not a country, write two capital letters such as "FR"'),
        ('country = "UK"', 'country: "UK" is not an ISO code, write "GB"'),
        ('pickup = "12 rue des Fleurs"', "pickup: must be a table, written [pickup] on a line of its own"),
        ('pickup = { adress = "12 rue" }', "pickup.adress: unknown key, did you mean address?"),
        (
            "schedule = { preparation_minutes = true }",
            "schedule.preparation_minutes: must be a whole number without quotes, such as",
        ),
        ('schedule = { window_minutes = "120" }', "schedule.window_minutes: must be a whole number without"),
        ("schedule = { window_minutes = -5 }", "schedule.window_minutes: "),
        ('schedule = { opening_hours = "Mo" }', "schedule.opening_hours: must be a list of texts in quotes"),
        ('schedule = { opening_hours = ["Mo 9h"] }', "schedule.opening_hours: "),
        ('schedule = { closed_on = ["2026-13-01"] }', "schedule.closed_on: must be a list of dates, such as"),
        ("schedule = { closed_on = 2026-12-25 }", "schedule.closed_on: must be a list of dates, such as"),
        (
            "schedule = { closed_on = [2026-12-25T00:00:00Z] }",
            "schedule.closed_on: must be a list of dates, such as",
        ),
        (
            'schedule = { window = "shop" }',
            'schedule.window: "shop" is unknown, write "schedule" or "coopcycle"',
        ),
        (
            'schedule = { languages = ["français"] }',
            'schedule.languages: "français" is no language that dates',
        ),
        ('schedule = { languages = "fr" }', "schedule.languages: must be a list of texts in quotes, such as"),
        (
            'schedule = { date_order = "dmy" }',
            'schedule.date_order: "dmy" is unknown, write "day-month-year" or "month-day-year"',
        ),
        (
            "schedule = { day_parts = { matin = 9 } }",
            "schedule.day_parts: must pair texts in quotes, such as",
        ),
        (
            'schedule = { day_parts = { matin = "9h-12h" } }',
            'schedule.day_parts: "matin": "9h-12h" is no period; right would be "09:00-12:00", or "any"',
        ),
        (
            'schedule = { day_parts = { soir = "20:00-18:00" } }',
            'schedule.day_parts: "soir": "20:00-18:00" ends before it begins',
        ),
        ('schedule = { day_parts = { " " = "any" } }', "schedule.day_parts: a name is empty, right would be"),
        ("orders = { postcodes = [75001] }", "orders.postcodes: must be a list of texts in quotes, such as"),
        ('orders = { postcodes = [""] }', "orders.postcodes: must be a list of texts in quotes, such as"),
        ('orders = { on = "payed" }', 'orders.on: "payed" is unknown, write "created" or "paid"'),
        (
            'orders = { topics = ["products/create"] }',
            'orders.topics: "products/create" is no topic of shopify that we follow, known: ',
        ),
        (
            'parcels = { packages = ["XL"] }',
            "parcels.packages: must pair texts in quotes, such as packages =",
        ),
        ("parcels = { packages = { XL = 1 } }", "parcels.packages: must pair texts in quotes, such as"),
        (
            'fields = { order_id = "id" }',
            "fields.order_id: a shop's orders have an id of their own, remove the line",
        ),
        ('pickup = { address = "/api/stores/1" }', "pickup.address: is not an address that CoopCycle has"),
        ("pickup = { latitude = 48.85 }", "pickup.longitude: missing, latitude alone is no place"),
        ("pickup = { latitude = 91, longitude = 2 }", "pickup.latitude: 91 should be between -90 and 90"),
        ('pickup = { latitude = "1", longitude = 2 }', "pickup.latitude: must be a number without quotes"),
        ("pickup = { latitude = nan, longitude = 2 }", "pickup.latitude: must be a number without quotes"),
        (
            'pickup = { unknown_location = "drop" }',
            'pickup.unknown_location: "drop" is unknown, write "default"',
        ),
        (
            'pickup = { unknown_location = "refuse" }',
            "pickup.unknown_location: refuses every place, name those",
        ),
        ('pickup = { locations = { 7 = "12 rue" } }', "pickup.locations.7: must be a table, written"),
        (
            'pickup = { locations = { 7 = { phone = "1" } } }',
            "pickup.locations.7.address: missing, where it is",
        ),
        (
            'pickup = { locations = { 7 = { address = "1 rue", token = "x" } } }',
            "pickup.locations.7.token: looks like a secret",
        ),
        (
            "orders = { within_km = 8 }",
            "orders.within_km: from where? write latitude and longitude under [pickup]",
        ),
        (
            'orders = { within_km = "8" }',
            "orders.within_km: must be a number without quotes, such as within_km = 8",
        ),
        ("orders = { within_km = 0 }", "orders.within_km: 0 should be more than 0"),
        ('orders = { coordinates = "no" }', 'orders.coordinates: "no" is unknown, write "use" or "ignore"'),
        ('orders = { check_feasibility = "yes" }', "orders.check_feasibility: must be true or false"),
        ('orders = { if_infeasible = "ignore" }', "orders.if_infeasible: nothing asks CoopCycle, write"),
        ('parcels = { packages_by_type = ["XL"] }', "parcels.packages_by_type: must pair texts in quotes"),
        (
            "parcels = { default_weight_grams = -1 }",
            "parcels.default_weight_grams: -1 should be between 0 and",
        ),
        (
            'delivery = { tags = ["Très urgent"] }',
            'delivery.tags: "Très urgent" is no slug of a tag on CoopCycle',
        ),
        (
            'delivery = { tags_from = { a = "B" } }',
            'delivery.tags_from: "B" is no slug of a tag on CoopCycle',
        ),
        ('delivery = { tag = ["a"] }', "delivery.tag: unknown key, did you mean tags?"),
    ],
)
def test_one_wrong_line(line: str, problem: str):
    """One wrong line gives one sentence that names the key and what would be right."""
    problems = problems_of(f"{line}\n{MINIMAL}")

    assert 1 == len(problems)
    assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", 'source: missing, name the kind of shop, such as source = "shopify"'),
        ('source = "Shopfy"', 'source: "Shopfy" is not a source we know, did you mean shopify?'),
        ('source = "amazon"', 'source: "amazon" is not a source we know, known: '),
    ],
)
def test_wrong_source(source: str, problem: str):
    """A source we do not know is refused with those we do."""
    problems = problems_of(f'{source}\ncoopcycle.url = "https://acme.coopcycle.org"')

    assert 1 == len(problems)
    assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://acme.coopcycle.org", "must begin with https://, plain http is for 127.0.0.1 alone"),
        ("http://127.0.0.1.evil.org", "must begin with https://, plain http is for 127.0.0.1 alone"),
        ("ftp://acme.coopcycle.org", 'not an address, write it such as "https://acme.coopcycle.org"'),
        ("acme.coopcycle.org", 'not an address, write it such as "https://acme.coopcycle.org"'),
        ("https://", 'not an address, write it such as "https://acme.coopcycle.org"'),
        ("https://acme .coopcycle.org", 'not an address, write it such as "https://acme.coopcycle.org"'),
        ("https://acme.coopcycle.org:port", 'not an address, write it such as "https://acme.coopcycle.org"'),
        ("https://[::1", 'not an address, write it such as "https://acme.coopcycle.org"'),
        ("https://acme.coopcycle.org/api", "must be the instance alone, without path or query"),
        ("https://acme.coopcycle.org?x=1", "must be the instance alone, without path or query"),
        (
            "https://user:hunter2@acme.coopcycle.org",
            "must hold no user or password, `bridge connections apply` asks for them",
        ),
    ],
)
def test_wrong_url(url: str, problem: str):
    """Only the bare https address of an instance is taken, and the sentence never quotes it."""
    assert (f"coopcycle.url: {problem}",) == problems_of(f'source = "shopify"\ncoopcycle.url = "{url}"')


@pytest.mark.parametrize("url", ["http://127.0.0.1:3001", "http://localhost:3001", "http://[::1]:3001"])
def test_plain_http_on_this_machine(url: str):
    """The local sandbox speaks plain HTTP, and that is allowed."""
    assert url == parse_connection("acme", f'source = "shopify"\ncoopcycle.url = "{url}"').coopcycle_url


def test_missing_url():
    """A connection without an instance is refused by the full name of the key."""
    assert (
        'coopcycle.url: missing, the address of the instance, such as "https://acme.coopcycle.org"',
    ) == problems_of('source = "shopify"')


@pytest.mark.parametrize(
    "line",
    [
        'webhook_secret = "hunter2"',
        'client-id = "hunter2"',
        'coopcycle.client_secret = "hunter2"',
        'pickup.password = "hunter2"',
        'orders.shop_token = "hunter2"',
        'shopify = { api_key = "hunter2" }',
        'secrets = { webhook = "hunter2" }',
        'pickup.comments = "shpss_0123456789abcdef0123456789abcdef"',
    ],
)
def test_secret_in_the_file(line: str):
    """Whatever looks like a secret is refused with the way it should go, and is not repeated."""
    problems = problems_of(f'{line}\nsource = "shopify"\ncoopcycle.url = "https://acme.coopcycle.org"')

    assert "looks like a secret" in problems[0]
    assert "`bridge connections apply`" in problems[0]
    assert "hunter2" not in " ".join(problems)
    assert "shpss" not in " ".join(problems)


def test_all_problems_at_once():
    """A file with several mistakes is corrected in one go."""
    problems = problems_of('country = "fr"\n[schedule]\nwindow_minutes = "2h"\n', connection_id="Acme")

    assert [
        "connection_id",
        "source",
        "country",
        "coopcycle.url",
        "schedule.window_minutes",
    ] == [problem.partition(":")[0] for problem in problems]


@pytest.mark.parametrize("connection_id", ["", "Acme", "-acme", "ac_me", "ac/me", "a" * 64, "acme\n", "é"])
def test_wrong_connection_id(connection_id: str):
    """The id stands in an address and in SSM's names, so its form is narrow."""
    assert not is_connection_id(connection_id)
    assert problems_of(MINIMAL, connection_id)[0].startswith("connection_id: ")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        *(
            (f'thank_you_url = "{address}"', f'sender.thank_you_url: "{address}" is no address of a page, ')
            for address in (
                "/thanks",
                "bloom.example/thanks",
                "http://bloom.example/thanks",
                "javascript:alert(1)",
                "https://bloom.example/a b",
                "https://me:secret@bloom.example",
                "https://[bloom",
            )
        ),
        (
            'error_url = "ftp://bloom.example"',
            'sender.error_url: "ftp://bloom.example" is no address of a page',
        ),
        *(
            (f'origins = "https://a.example, {origin}"', f'sender.origins: "{origin}" is no origin, ')
            for origin in (
                "*",
                "null",
                "bloom.example",
                "https://bloom.example/",
                "https://Bloom.example",
                "https://*.example",
                "http://bloom.example",
                "https://bloom.example;script-src",
            )
        ),
    ],
)
def test_form_names_pages_and_origins_as_browsers_do(line: str, problem: str) -> None:
    """An address that no browser could go to, or an origin that none sends, is said when it is written."""
    text = MINIMAL.replace('source = "shopify"', 'source = "form"') + f"\n[sender]\n{line}\n"

    assert [each for each in problems_of(text) if each.startswith(problem)]
