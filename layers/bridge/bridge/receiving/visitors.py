"""What somebody sees who sends a form with his browser: a page, or the address that the connection names.

A form on a page is posted in one of two ways. The browser goes there (HTML Standard, "Form submission"): it
takes HTML, and gets a redirect to the connection's own page or a short page in its language, never JSON. Or a
script sends it (Fetch Standard): it gets the JSON that everybody gets, and may read it when its page's origin
is one that the connection names. Nothing of what was sent is shown again.

Imported by the receiver for browsers alone; only the standard library.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from bridge.languages import choose_language
from bridge.sources.shared.browsers import ERROR_URL, ORIGINS, THANK_YOU_URL, listed

if TYPE_CHECKING:
    from bridge.connections.model import Connection, Pickup
    from bridge.receiving.http import Request

Answer = dict[str, Any]

_PREFLIGHT_SECONDS = "600"  # for so long a browser does not ask again
_STYLE = (
    "body{font:1.0625rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto 0;padding:0 1.25rem}"
    "h1{font-size:1.5rem;line-height:1.25}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# By language: the title and the sentence of each page. The key of an error is its code.
_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": {
        "thanks": ("Thank you, your order has arrived", "You may close this page."),
        "webhook_too_large": (
            "Your order is too large to be sent",
            "Nothing has been ordered. Go back, take out what is long (a text, a picture), and send it "
            "again.",
        ),
        "malformed_webhook": (
            "Your order could not be read",
            "Nothing has been ordered. Go back and send it again; your answers are still there. If this page "
            "comes back, please tell the shop.",
        ),
        "error": (
            "Your order could not be sent",
            "Nothing has been ordered, and it is not your fault. Please tell the shop: its form has to be "
            "mended. Your answers are still there when you go back.",
        ),
    },
    "fr": {
        "thanks": ("Merci, votre commande est arrivée", "Vous pouvez fermer cette page."),
        "webhook_too_large": (
            "Votre commande est trop longue pour être envoyée",
            "Rien n’est commandé. Revenez en arrière, enlevez ce qui est long (un texte, une image) et "
            "envoyez-la de nouveau.",
        ),
        "malformed_webhook": (
            "Votre commande n’a pas pu être lue",
            "Rien n’est commandé. Revenez en arrière et envoyez-la de nouveau ; vos réponses sont toujours "
            "là. Si cette page revient, prévenez la boutique.",
        ),
        "error": (
            "Votre commande n’a pas pu être envoyée",
            "Rien n’est commandé, et ce n’est pas votre faute. Prévenez la boutique : son formulaire est à "
            "réparer. Vos réponses sont toujours là quand vous revenez en arrière.",
        ),
    },
    "es": {
        "thanks": ("Gracias, su pedido ha llegado", "Puede cerrar esta página."),
        "webhook_too_large": (
            "Su pedido es demasiado largo para enviarse",
            "No se ha pedido nada. Vuelva atrás, quite lo que sea largo (un texto, una imagen) y envíelo "
            "otra vez.",
        ),
        "malformed_webhook": (
            "No se pudo leer su pedido",
            "No se ha pedido nada. Vuelva atrás y envíelo otra vez; sus respuestas siguen ahí. Si esta "
            "página vuelve a salir, avise a la tienda.",
        ),
        "error": (
            "No se pudo enviar su pedido",
            "No se ha pedido nada, y no es culpa suya. Avise a la tienda: hay que arreglar su formulario. "
            "Sus respuestas siguen ahí cuando vuelve atrás.",
        ),
    },
}


def shown(request: Request, answer: Answer, connection: Connection, *, error: str) -> Answer:
    """Return an answer as a browser gets it; ``error`` is the code of what was wrong, "" for nothing."""
    origins = listed(connection.options.settings, ORIGINS)
    headers = {
        **answer["headers"],
        "vary": "Accept, Accept-Language, Origin",
        **_for_script(request, origins),
    }
    if request.method == "POST" and "text/html" in request.headers.get("accept", ""):
        return _for_navigation(request, answer["statusCode"], headers, connection, error)
    return {**answer, "headers": headers}


def _for_script(request: Request, origins: Iterable[str]) -> dict[str, str]:
    """Return what lets a page of one of these origins read the answer (Fetch Standard, "CORS protocol")."""
    origin = request.headers.get("origin", "")
    if origin not in origins:
        return {}
    allowed = {"access-control-allow-origin": origin}
    if request.method == "OPTIONS":
        allowed |= {
            "access-control-allow-methods": "POST",
            "access-control-allow-headers": "content-type, x-webhook-secret",
            "access-control-max-age": _PREFLIGHT_SECONDS,
        }
    return allowed


def _for_navigation(
    request: Request, status: int, headers: Mapping[str, str], connection: Connection, error: str
) -> Answer:
    """Return where the browser goes on, or a page in its language."""
    safe = {**headers, "cache-control": "no-store", "referrer-policy": "no-referrer"}
    settings = connection.options.settings
    named = settings.get(ERROR_URL if error else THANK_YOU_URL, "")
    if named:
        location = _with_error(named, error) if error else named
        return {"statusCode": 303, "headers": {**safe, "location": location}, "body": ""}
    language = choose_language(request.headers.get("accept-language", ""))
    return {
        "statusCode": status,
        "headers": {
            **safe,
            "content-type": "text/html; charset=utf-8",
            "content-language": language,
            "x-content-type-options": "nosniff",
            "content-security-policy": _policy(listed(settings, ORIGINS)),
        },
        "body": _page(language, connection.pickup, error),
    }


def _policy(origins: Iterable[str]) -> str:
    """Return a policy for a page with nothing but its style, in the frames of the connection's origins."""
    framed = " ".join(origins) or "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {framed}"
    )


def _with_error(address: str, error: str) -> str:
    """Add the code of what went wrong to an address: ``?error=malformed_webhook``."""
    parts = urlsplit(address)
    query = "&".join(filter(None, (parts.query, urlencode({"error": error}))))
    return urlunsplit(parts._replace(query=query))


def _page(language: str, shop: Pickup, error: str) -> str:
    words = _WORDS[language]
    title, sentence = words["thanks"] if not error else words.get(error, words["error"])
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{_name(shop)}<h1>{escape(title)}</h1><p>{escape(sentence)}</p>"
        f"{_help(shop, error) if error else ''}</main></body></html>"
    )


def _name(shop: Pickup) -> str:
    """Name the shop as couriers find it, so that a visitor knows where he is."""
    address = "" if shop.address.startswith("/") else shop.address  # one that is saved at CoopCycle
    named = ", ".join(filter(None, (shop.company and f"<b>{escape(shop.company)}</b>", escape(address))))
    return f"<p>{named}</p>" if named else ""


def _help(shop: Pickup, error: str) -> str:
    """Say how to reach the shop, and what it has to be told."""
    number = escape(shop.phone)
    call = f'<p><a href="tel:{number}">{number}</a></p>' if number else ""
    return f"{call}<p><small>{escape(error)}</small></p>"
