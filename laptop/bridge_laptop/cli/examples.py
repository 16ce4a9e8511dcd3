"""Examples for the help of each command; a test has every command read its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

EXAMPLES: Mapping[str, Sequence[str]] = {
    "": (
        "bridge local",
        "bridge doctor --environment prod",
        "bridge orders show acme '#1042' --environment prod",
    ),
    "local": ("bridge local", "bridge local --port 8000 --log-level info"),
    "sandbox": ("bridge sandbox --port 3001",),
    "init": (
        "bridge init",
        "bridge init bloom --source woocommerce --url https://paris.coopcycle.org --country FR",
    ),
    "connections": ("bridge connections check", "bridge connections apply acme --environment prod"),
    "connections check": (
        "bridge connections check",
        "bridge connections check connections/acme.toml",
        "bridge connections check --environment prod    # and compare with what is in force",
    ),
    "connections apply": (
        "bridge connections apply acme --environment prod",
        "bridge connections apply acme --rotate-webhook-secret",
        "bridge connections apply --local",
    ),
    "connections list": ("bridge connections list --environment prod", "bridge connections list --json"),
    "connections remove": ("bridge connections remove acme --environment prod",),
    "url": ("bridge url acme --environment prod",),
    "test": (
        "bridge test acme --environment prod",
        "bridge test acme --local --body events/webhooks/shopify/order-gift.json",
        "bridge test acme --book    # books, and cancels afterwards",
    ),
    "doctor": ("bridge doctor --environment prod", "bridge doctor --local --json"),
    "orders": ("bridge orders list --since 2h", "bridge orders show acme '#1042'"),
    "orders show": (
        "bridge orders show acme '#1042' --environment prod",
        "bridge orders show acme 5940139491042 --live --json",
    ),
    "orders list": (
        "bridge orders list --environment prod --since 2h",
        "bridge orders list --connection acme --state rejected --json",
    ),
    "tail": ("bridge tail --environment prod", "bridge tail --local --connection acme"),
    "logs": (
        "bridge logs --environment prod --order '#1042'",
        "bridge logs --connection acme --since 1d --json",
        "bridge logs --local --follow",
    ),
    "parked": ("bridge parked list", "bridge parked redrive --order '#1042'"),
    "parked list": (
        "bridge parked list --environment prod",
        "bridge parked list --connection acme --reason unmappable_order --json",
    ),
    "parked show": ("bridge parked show --order '#1042'", "bridge parked show --order '#1042' --body"),
    "parked redrive": (
        "bridge parked redrive --order '#1042'",
        "bridge parked redrive --connection acme --reason invalid_connection --all --yes",
    ),
    "parked discard": ("bridge parked discard --order '#1042'",),
    "parked close": ("bridge parked close --connection acme --order '#1042'",),
    "replay": (
        "bridge replay acme '#1042' --dry-run --connection-file connections/acme.toml",
        "bridge replay acme '#1042'",
    ),
    "console": ("bridge console invite amel@coop.example --dispatcher", "bridge console list"),
    "console invite": (
        "bridge console invite amel@coop.example --dispatcher --environment prod",
        "bridge console invite noe@coop.example    # who only looks",
    ),
    "console list": ("bridge console list --environment prod", "bridge console list --json"),
    "console remove": ("bridge console remove noe@coop.example --environment prod",),
    "redact": ("bridge redact acme --email camille@example.org --environment prod",),
    "export": ("bridge export acme --email camille@example.org > export.json",),
    "upgrade": ("bridge upgrade --environment prod",),
    "uninstall": (
        "bridge uninstall --environment dev",
        "bridge uninstall --environment dev --purge    # orders and secrets as well",
    ),
    "map": (
        "bridge map connections/acme.toml events/webhooks/shopify/order-gift.json --explain",
        "bridge map connections/acme.toml events/webhooks/shopify/order-gift.json --assert",
    ),
    "sign": (
        "bridge sign acme events/webhooks/shopify/order-gift.json | sh",
        "bridge sign acme events/webhooks/shopify/order-gift.json "
        '--url "$(bridge url acme --environment dev)" | sh',
    ),
    "event": (
        "bridge event receive_webhook acme events/webhooks/shopify/order-gift.json -o event.json",
        "bridge event dispatch_delivery acme events/webhooks/shopify/order-gift.json",
    ),
    "sam-local": ("bridge sam-local invoke ReceiveWebhookFunction", "bridge sam-local --check"),
}


def epilog(command: str) -> str:
    """Return the examples of a command as the end of its help, whose lines stay as they are."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in EXAMPLES[command])))
