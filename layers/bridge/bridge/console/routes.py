"""Which request gets which answer, and who may ask: the shell is for everybody, the rest for those signed in.

In AWS the HTTP API's own authorizer stands before ``/console/view`` and ``/console/do``; that nobody gets
there without a token is looked at here once more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bridge.console import connections_view, health_view, order_view, orders_view, parked_view, pictures_view
from bridge.console.http import FOR_EVER, Request, Response
from bridge.console.page import Page, static_file
from bridge.console.values import Live, Standing, Story
from bridge.errors import AlreadyInProgress
from bridge.languages import choose_language
from bridge.operator.errors import NoSuchOrder, NothingParked, OperatorError
from bridge.operator.parked import Selection

if TYPE_CHECKING:
    from bridge.console.desk import Desk
    from bridge.console.live import LiveCoopCycle

GROUP = "dispatchers"  # who may change something
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where users sign in; all of it is public, and empty on this machine."""

    authority: str = ""  # the managed login's address
    client_id: str = ""

    @property
    def is_wanted(self) -> bool:
        """Whether users have to sign in."""
        return bool(self.authority)


class Console:
    """The page of one deployment."""

    def __init__(
        self, desk: Desk, live: LiveCoopCycle, sign_in: SignIn, *, clock: Callable[[], datetime]
    ) -> None:
        self._desk = desk
        self._live = live
        self._sign_in = sign_in
        self._clock = clock
        self._views: Mapping[str, Callable[[Request, Page], Response]] = {
            "orders": self._orders,
            "follow": self._follow,
            "order": self._order,
            "progress": self._progress,
            "replay": self._preview_replay,
            "parked": self._parked,
            "redrive": self._preview_redrive,
            "connections": self._connections,
            "pictures": self._pictures,
            "health": self._health,
            "try": self._try,
        }
        self._deeds: Mapping[str, Callable[[Request, Page], Response]] = {
            "redrive": self._do_redrive,
            "redrive-all": self._do_redrive_all,
            "replay": self._do_replay,
            "discard": self._do_discard,
            "close": self._do_close,
        }

    def handle(self, event: Mapping[str, object]) -> dict[str, object]:
        """Answer an HTTP API event, payload format 2.0."""
        request = Request.from_event(event)
        return self.answer(request).to_event(request, sign_in_at=self._sign_in.authority)

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if not self._sign_in.is_wanted and not request.is_to_loopback:
            return _refused("this page answers on this machine alone")
        view = re.fullmatch(r"/console/view/([a-z-]+)", request.path)
        deed = re.fullmatch(r"/console/do/([a-z-]+)", request.path)
        if view is None and deed is None:
            return self._shell(request)
        if self._sign_in.is_wanted and request.claims is None:
            return Response("sign in first", 401, "text/plain")
        page = self._page(request)
        if view is not None:
            found = self._views.get(view[1]) if request.method == "GET" else None
        else:
            found = self._deeds.get(str(deed and deed[1])) if request.method == "POST" else None
            if not request.is_from_own_page:
                return _refused("only the page itself may ask for this")
            if not page.can_act:
                return Response(str(page.words("do.not_allowed")), 403)
        return found(request, page) if found is not None else self._missing(page, page.words("page.gone"))

    # --- what everybody gets ---------------------------------------------------------------------------

    def _shell(self, request: Request) -> Response:
        """Return the page without its content, or one of its files; nothing of an order is in either."""
        name = request.path.removeprefix("/console/static/")
        if name != request.path:
            content = static_file(name)
            if content is None:
                return Response("", 404, "text/plain")
            return Response(content, 200, TYPES[name.rpartition(".")[2]], FOR_EVER)
        language = choose_language(request.headers.get("accept-language", ""))
        page = Page(language, self._clock(), False, "", not self._sign_in.is_wanted)
        told = {"authority": self._sign_in.authority, "client": self._sign_in.client_id}
        return Response(page.render("shell.html", sign_in=json.dumps(told if told["authority"] else {})))

    def _page(self, request: Request) -> Page:
        claims = request.claims or {}
        return Page(
            language=choose_language(request.headers.get("accept-language", "")),
            now=self._clock(),
            can_act=not self._sign_in.is_wanted or GROUP in _groups(claims.get("cognito:groups")),
            user=str(claims.get("username", "")) if self._sign_in.is_wanted else "",
            is_local=not self._sign_in.is_wanted,
        )

    # --- what those signed in get ----------------------------------------------------------------------

    def _frame(self, page: Page, *, said: Markup | None = None, failed: bool = False) -> dict[str, object]:
        """Return what is around every page: health as far as it is known, notes, how many are parked."""
        ids = self._desk.connection_ids()
        health = self._live.health(ids, ask=False)
        needs = self._desk.needs()
        zones = {each: self._zone(each) for each in ids}
        return {
            "health": health_view.header(page, health, zones=zones),
            "notes": health_view.notes(page, health, waiting=needs.waiting, zones=zones),
            "parked_count": needs.parked,
            "said": said or Markup(),
            "said_colour": "stop" if failed else "ok",
        }

    def _webhook_url(self, request: Request) -> str:
        """Return what shops are given; on this machine it is beside the page."""
        if self._sign_in.is_wanted:
            return self._desk.deployment.webhook_url
        return f"http://{request.host}/webhooks/"

    def _zone(self, connection_id: str) -> ZoneInfo:
        return self._desk.deployment.zone_of(connection_id)

    def _main_zone(self, ids: list[str]) -> ZoneInfo:
        return self._zone(ids[0]) if ids else ZoneInfo("UTC")

    def _orders(self, request: Request, page: Page) -> Response:
        ids = self._desk.connection_ids()
        zone = self._main_zone(ids)
        wish, period = orders_view.wish_of(request.query, page.now, zone)
        listing = self._desk.listing(wish)
        return Response(
            orders_view.orders(
                page,
                listing,
                wish,
                period,
                live=self._live,
                connection_ids=ids,
                zone=zone,
                webhook_url=self._webhook_url(request),
                nothing_yet=not listing.total and self._desk.is_empty(ids),
                frame=self._frame(page),
            )
        )

    def _follow(self, request: Request, page: Page) -> Response:
        zone = self._main_zone(self._desk.connection_ids())
        wish, period = orders_view.wish_of(request.query, page.now, zone)
        seen = dict(line.rsplit(" ", 1) for line in request.query.get("seen", "").splitlines() if " " in line)
        newest = _instant(request.query.get("newest", "")) or wish.since
        keys = [key for key in seen if key != orders_view.SUMMARY_KEY][: orders_view.MOST]
        return Response(
            orders_view.follow(
                page,
                self._desk.listing(wish),
                wish,
                period,
                newest=newest,
                seen=seen,
                rows=self._desk.rows(keys),
                live=self._live,
                zone=zone,
            )
        )

    def _story(self, request: Request) -> Story:
        return self._desk.story(request.query.get("connection", ""), request.query.get("id", ""))

    def _live_of(self, story: Story, *, ask: bool) -> Live | None:
        row = story.row
        if not row.delivery_iri or row.standing not in (Standing.CREATED, Standing.PARKED, Standing.TOO_LATE):
            return None
        key = (row.connection_id, row.delivery_iri)
        return self._live.look([key]).get(key) if ask else self._live.known(*key)

    def _order(self, request: Request, page: Page) -> Response:
        try:
            story = self._story(request)
        except NoSuchOrder as error:
            said = page.words("order.missing", order=error.order, connection=error.connection_id)
            return self._missing(page, said)
        live = self._live_of(story, ask=False)
        return Response(order_view.order(page, story, live, self._frame(page)))

    def _progress(self, request: Request, page: Page) -> Response:
        try:
            story = self._story(request)
        except NoSuchOrder:
            return Response("", _NO_CONTENT)
        live = self._live_of(story, ask=True)
        if request.query.get("digest") == order_view.digest(page, story, live):
            return Response("", _NO_CONTENT)
        return Response(order_view.progress(page, story, live))

    def _parked(self, request: Request, page: Page) -> Response:
        groups = self._desk.parked()
        if request.query.get("digest") == parked_view.digest(page, groups):
            return Response("", _NO_CONTENT)
        return Response(parked_view.parked(page, groups, self._frame(page)))

    def _connections(self, request: Request, page: Page) -> Response:
        states = self._desk.connections(self._webhook_url(request))
        ids = [each.connection_id for each in states]
        health = self._live.health(ids, ask=request.query.get("ask") == "1")
        return Response(connections_view.connections(page, states, health, self._frame(page)))

    def _pictures(self, request: Request, page: Page) -> Response:
        del request
        zone = self._main_zone(self._desk.connection_ids())
        stories = self._desk.stories(page.now - timedelta(days=1))
        return Response(pictures_view.pictures(page, stories, zone, self._frame(page)))

    def _health(self, request: Request, page: Page) -> Response:
        del request
        ids = self._desk.connection_ids()
        self._live.health(ids, ask=True)
        return Response(page.render("health.html", **self._frame(page)))

    def _try(self, request: Request, page: Page) -> Response:
        del request
        if not page.is_local:
            return self._missing(page, page.words("page.gone"))
        return Response(page.render("try.html", tab="try", is_tab=True, **self._frame(page)))

    def _missing(self, page: Page, sentence: Markup) -> Response:
        frame = self._frame(page)
        return Response(page.render("missing.html", tab="", is_tab=False, sentence=sentence, **frame), 404)

    # --- previews ----------------------------------------------------------------------------------------

    def _preview_replay(self, request: Request, page: Page) -> Response:
        story = self._story(request)
        message = self._desk.webhook(story.row.connection_id, story.row.order_id)
        preview = parked_view.preview(page, self._desk.deployment, story.row, message, self._clock)
        return Response(
            page.render(
                "preview.html",
                previews=[preview],
                rest=0,
                action="/console/do/replay",
                hidden={"connection": story.row.connection_id, "id": story.row.order_id},
                confirm=page.words("do.confirm_replay"),
            )
        )

    def _preview_redrive(self, request: Request, page: Page) -> Response:
        reason = request.query.get("reason", "")
        orders = [each for group in self._desk.parked() if group.reason == reason for each in group.orders]
        previews = [
            parked_view.preview(
                page,
                self._desk.deployment,
                each.row,
                self._desk.parked_webhook(each.trouble.message_id),
                self._clock,
            )
            for each in orders[: parked_view.PREVIEWED]
        ]
        rest = max(0, len(orders) - len(previews))
        return Response(
            page.render(
                "preview.html",
                previews=previews,
                rest=rest,
                action="/console/do/redrive-all",
                hidden={"reason": reason},
                confirm=page.words("do.confirm", n=len(orders)),
            )
        )

    # --- what is done --------------------------------------------------------------------------------------

    def _do_redrive(self, request: Request, page: Page) -> Response:
        selection = Selection(_named(request, "connection"), _named(request, "id"))
        return self._did(request, page, lambda: self._redriven(page, selection))

    def _do_redrive_all(self, request: Request, page: Page) -> Response:
        try:
            said = self._redriven(page, Selection(reason=_named(request, "reason")))
        except (OperatorError, AlreadyInProgress) as error:
            failed = page.words("do.impossible", why=str(error))
            return Response(
                parked_view.parked(page, self._desk.parked(), self._frame(page, said=failed, failed=True))
            )
        return Response(parked_view.parked(page, self._desk.parked(), self._frame(page, said=said)))

    def _redriven(self, page: Page, selection: Selection) -> Markup:
        count = self._desk.redrive(selection, page.user)
        return page.words("do.redriven", n=count) if count else page.words("do.redriven_none")

    def _do_replay(self, request: Request, page: Page) -> Response:
        def do() -> Markup:
            self._desk.replay(_named(request, "connection"), _named(request, "id"), page.user)
            return page.words("do.replayed")

        return self._did(request, page, do)

    def _do_discard(self, request: Request, page: Page) -> Response:
        return self._did(request, page, lambda: self._settled(request, page, by_hand=False))

    def _do_close(self, request: Request, page: Page) -> Response:
        return self._did(request, page, lambda: self._settled(request, page, by_hand=True))

    def _settled(self, request: Request, page: Page, *, by_hand: bool) -> Markup:
        connection_id, order_id = _named(request, "connection"), _named(request, "id")
        self._desk.settle(connection_id, order_id, page.user, by_hand=by_hand)
        return page.words("do.closed" if by_hand else "do.discarded")

    def _did(self, request: Request, page: Page, do: Callable[[], Markup]) -> Response:
        """Do something with an order, and return its page with what came of it."""
        try:
            said, failed = do(), False
        except NothingParked:
            said, failed = page.words("do.redriven_none"), True
        except (OperatorError, AlreadyInProgress) as error:
            said, failed = page.words("do.impossible", why=str(error)), True
        frame = self._frame(page, said=said, failed=failed)
        try:
            story = self._desk.story(_named(request, "connection"), _named(request, "id"))
        except NoSuchOrder:  # it was parked without a record, and is gone now
            return Response(parked_view.parked(page, self._desk.parked(), frame))
        return Response(order_view.order(page, story, self._live_of(story, ask=False), frame))


def _groups(claim: object) -> list[str]:
    """Return the groups of a token: the HTTP API hands a list over as "[dispatchers admins]"."""
    if isinstance(claim, list):
        return [str(each) for each in claim]
    return [each for each in re.split(r"[\[\], ]+", str(claim or "")) if each]


def _named(request: Request, name: str) -> str:
    return request.form.get(name, "")


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _refused(why: str) -> Response:
    return Response(why, 403, "text/plain")
