"""What the page of the local stack can do besides: samples, a form, CoopCycle's mishaps, couriers.

None of it is deployed. It answers this machine alone, and changes something only for the page itself.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import requests
from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.wrappers import Request, Response

from bridge.aws.connections import ALL_SECRETS, CLIENT_ID, CLIENT_SECRET, ConnectionStore
from bridge.console import http
from bridge.console.page import static_address
from bridge.errors import InvalidConnection, UnknownConnection
from bridge.operator.connections import ConnectionRegistry, write_connection
from bridge_laptop import secrets, signing
from bridge_laptop.local import provisioning
from bridge_laptop.samples import SAMPLES, samples_of
from bridge_laptop.sandbox.client import SandboxClient
from bridge_laptop.sandbox.faults.modes import MODES
from bridge_laptop.sandbox.instance.couriers import ACTS

if TYPE_CHECKING:
    from bridge_laptop.local.runtimes import Runtime

FORM = "form"  # the connection that the page's form is sent through, made when it is first wanted
WRONG_CLIENT_ID = "nobody"
FAULTS = ("unavailable", "slow", "hang", "create_then_reset", "throttle", "error_500")
TIMEOUT_SECONDS = 30


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("bridge_laptop.local"), autoescape=True, undefined=StrictUndefined
    )


class Workbench:
    """Answers what stands under ``/console/local/``; ``sandbox_url`` is empty without the sandbox."""

    def __init__(
        self,
        aws_endpoint: str,
        sandbox_url: str,
        connections: Path,
        runtimes: Mapping[str, Runtime],
    ) -> None:
        self._aws_endpoint = aws_endpoint
        self._sandbox_url = sandbox_url
        self._folder = connections
        self._runtimes = runtimes

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        asked = _as_page_sees_it(request)
        if not asked.is_to_loopback or (request.method == "POST" and not asked.is_from_own_page):
            return Response("this is for the page on this machine alone", 403)
        name = request.path.removeprefix("/console/local/")
        do = {
            ("GET", "bench"): self._bench,
            ("GET", "courier"): self._courier,
            ("POST", "sample"): self._send_sample,
            ("POST", "connect-form"): self._connect_form,
            ("POST", "fault"): self._set_fault,
            ("POST", "credentials"): self._change_credentials,
            ("POST", "courier"): self._play_courier,
        }.get((request.method, name))
        if do is None:
            return Response("", 404)
        answer = do(request)
        answer.headers["Cache-Control"] = http.NO_STORE
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    # --- what is shown -------------------------------------------------------------------------------------

    def _bench(self, request: Request, said: str = "") -> Response:
        senders = {each: self._source(each) for each in self._connection_ids()}
        return _html(
            "bench.html",
            said=said,
            senders=[
                (each, source, _samples(source))
                for each, source in senders.items()
                if source and source != FORM
            ],
            form=self._form_action(request) if FORM in senders else "",
            tomorrow=(datetime.now(UTC) + timedelta(days=1)).date().isoformat(),
            faults=FAULTS if self._sandbox_url else (),
            set_faults=self._stats().get("faults", []),
            wrong=[each for each in senders if self._client_id(each) == WRONG_CLIENT_ID],
            right=[each for each in senders if self._client_id(each) != WRONG_CLIENT_ID],
            icon=static_address("icon.svg"),
        )

    def _courier(self, request: Request, said: str = "") -> Response:
        if not self._sandbox_url:
            return Response("")
        return _html("courier.html", delivery=request.values.get("delivery", ""), acts=ACTS, said=said)

    # --- what is done --------------------------------------------------------------------------------------

    def _send_sample(self, request: Request) -> Response:
        """Post a sample as its sender would: as a new webhook, and an order of its own where it is wished."""
        connection_id = request.form.get("connection") or next(
            each for each in self._connection_ids() if self._source(each) == "shopify"
        )
        connection, given = self._store().get(connection_id)
        name = Path(request.form.get("sample", "") or "order-typical.json").name
        body = (SAMPLES / connection.source / name).read_bytes()
        topic = dict(_samples(connection.source)).get(name, "")
        if request.form.get("number"):
            body = renumbered(body, request.form["number"])
        signed = signing.signed(
            connection.source, body, given.webhook[0], topic, str(uuid.uuid4()), options=connection.options
        )
        answer = requests.post(
            signed.address(request.host_url.rstrip("/"), connection_id),
            data=signed.body,
            headers=signed.headers,
            timeout=TIMEOUT_SECONDS,
        )
        said = f"{connection_id}: {answer.status_code} {answer.text}"
        return self._bench(request, said) if "sample" in request.form else _said(said)

    def _connect_form(self, request: Request) -> Response:
        settings = (SAMPLES / FORM / "connection.toml").read_text(encoding="utf-8")
        settings = settings.replace("https://acme.coopcycle.org", self._coopcycle_url())
        given = secrets.local_defaults(FORM)
        acme = secrets.local_defaults("acme")  # the sandbox knows this store
        given |= {name: acme[name] for name in (CLIENT_ID, CLIENT_SECRET)}
        write_connection(self._ssm(), provisioning.CONNECTIONS_PATH, FORM, settings, given)
        ConnectionRegistry(self._ssm(), provisioning.CONNECTIONS_PATH).list_ids()
        self._renew()
        return self._bench(request, "The form is connected.")

    def _set_fault(self, request: Request) -> Response:
        mode = request.form.get("mode", "")
        seconds = request.form.get("seconds", "")
        fault: dict[str, Any] = {"mode": mode if mode in MODES else None}
        if fault["mode"] and seconds.isdigit():
            fault["seconds"] = int(seconds)
        SandboxClient(self._sandbox_url).send("fault", fault)
        return self._bench(request, f"CoopCycle: {fault['mode'] or 'all is well again'}")

    def _change_credentials(self, request: Request) -> Response:
        """Give a connection a client id that CoopCycle does not know, or its own again."""
        connection_id = request.form["connection"]
        own = secrets.local_defaults("acme" if connection_id == FORM else connection_id)[CLIENT_ID]
        is_wrong = request.form.get("make") == "wrong"
        value = WRONG_CLIENT_ID if is_wrong else own
        write_connection(self._ssm(), provisioning.CONNECTIONS_PATH, connection_id, None, {CLIENT_ID: value})
        self._renew()
        return self._bench(request, f"{connection_id}: {'wrong' if is_wrong else 'right'} credentials")

    def _play_courier(self, request: Request) -> Response:
        act = {"delivery": request.form.get("delivery", ""), "do": request.form.get("do", "")}
        return self._courier(request, said=SandboxClient(self._sandbox_url).send("courier", act))

    # --- what it stands on ------------------------------------------------------------------------------

    def _renew(self) -> None:
        """Have every function read the connections anew, which it would within five minutes."""
        for runtime in self._runtimes.values():
            runtime.renew()

    def _ssm(self) -> Any:
        return boto3.client("ssm", endpoint_url=self._aws_endpoint)

    def _store(self) -> ConnectionStore:
        return ConnectionStore(self._ssm(), provisioning.CONNECTIONS_PATH, ALL_SECRETS)

    def _connection_ids(self) -> list[str]:
        return ConnectionRegistry(self._ssm(), provisioning.CONNECTIONS_PATH).ids()

    def _source(self, connection_id: str) -> str:
        try:
            return self._store().get(connection_id)[0].source
        except (InvalidConnection, UnknownConnection):
            return ""

    def _client_id(self, connection_id: str) -> str:
        try:
            return self._store().get(connection_id)[1].client_id
        except (InvalidConnection, UnknownConnection):
            return ""

    def _coopcycle_url(self) -> str:
        first = next(each for each in self._connection_ids() if self._source(each))
        return self._store().get(first)[0].coopcycle_url

    def _form_action(self, request: Request) -> str:
        _, given = self._store().get(FORM)
        return f"{request.host_url.rstrip('/')}/webhooks/{FORM}/{given.webhook[0]}"

    def _stats(self) -> dict[str, Any]:
        return SandboxClient(self._sandbox_url).stats() if self._sandbox_url else {}


def renumbered(body: bytes, number: str) -> bytes:
    """Return a sample order under another number, so that it is another order."""
    document = json.loads(body)
    for key in ("id", "order_id", "number"):
        if key in document:
            document[key] = int(number) if isinstance(document[key], int) else number
    if "name" in document and str(document["name"]).startswith("#"):
        document["name"] = f"#{number}"
    return json.dumps(document, ensure_ascii=False).encode()


def _samples(source: str) -> list[tuple[str, str]]:
    """Return a sender's sample files, each with its topic."""
    return [(each.file.name, each.topic) for each in samples_of(source)]


def _as_page_sees_it(request: Request) -> http.Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return http.Request(request.method, request.path, {}, headers, {}, None)


def _html(template: str, **values: object) -> Response:
    return Response(
        _templates().get_template(template).render(**values), content_type="text/html; charset=utf-8"
    )


def _said(text: str) -> Response:
    return Response(escape(text), content_type="text/html; charset=utf-8")
