"""What the page frame needs to know on every page: language, who is signed in, and the ways that are open to them.

A way is shown when its view exists and the actor holds the permission that this very view declares, so navigation and
access cannot drift apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import structlog
from flask import current_app, request, url_for
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from auth.house_session import current_session, owner_mark
from auth.policies import Actor, access_of, current_actor
from config import clock
from config.errors import N_
from config.localisation import LANGUAGE_NAMES, language_tag, page_locales, spoken_locale, text_direction
from config.settings import current_settings

log = structlog.get_logger(__name__)

RESIDENT_WAYS = (
    ("portal.index", N_("Start")),
    ("services.index", N_("Services")),
    ("requests.index", N_("My requests and reports")),
    ("status.show", N_("Status by reference")),
    ("portal.quarantine", N_("Quarantine")),
)
STAFF_WAYS = (
    ("care.dashboard", N_("Overview"), "home"),
    ("care.cases", N_("Line lists"), "checklist"),
    ("care.orders_list", N_("Orders"), "draft"),
    ("care.occasions_list", N_("Occasions"), "calendar-today"),
    ("care.support_requests", N_("Support"), "help"),
    ("care.imports", N_("Imports"), "drive-folder-upload"),
    ("care_exports.index", N_("Exports"), "download"),
    ("care.protocols", N_("Protocols"), "info"),
    ("casework.index", N_("Requests and reports"), "draft"),
    ("catalogue.index", N_("Services"), "edit"),
    ("messages.index", N_("Messages"), "mail"),
    ("data_protection.processing_records", N_("Data protection"), "info"),
    ("audit.index", N_("Audit trail"), "visibility"),
    ("admin.index", N_("Administration"), "account-circle"),
)
# Addresses that belong to an entry without lying beneath its own.
BENEATH = {"data_protection.processing_records": ("/staff/privacy/",), "care.cases": ("/care/views/",)}


@dataclass(frozen=True)
class Count:
    """How much waits behind an entry of the navigation, for this actor."""

    of: Callable[[Actor], int]
    tone: str = "neutral"


_counts: dict[str, Count] = {}


def register_count(endpoint: str, of: Callable[[Actor], int], tone: str = "neutral") -> None:
    """Show what `of(actor)` gives beside the staff entry `endpoint`; tone: neutral, info, warning or danger."""
    _counts[endpoint] = Count(of, tone)


@dataclass(frozen=True)
class Way:
    """One entry of a navigation."""

    label: str
    url: str
    current: bool = False
    icon: str = ""
    count: int = 0
    tone: str = "neutral"


@dataclass(frozen=True)
class Language:
    """A language in which this page can be read."""

    tag: str
    name: str
    url: str
    current: bool


@dataclass(frozen=True)
class LoginEnds:
    """In how many seconds the login ends without a click, and whose it is (a mark that only this page understands)."""

    in_s: int
    is_staff: bool
    of: str


class Page:
    """The frame of the page that is being rendered; the templates know it as `page`."""

    @cached_property
    def actor(self) -> Actor:
        try:
            return current_actor()
        except SQLAlchemyError:
            # The page that says so must still be possible when the database is away.
            return Actor.anonymous()

    @property
    def locale(self) -> str:
        return spoken_locale()

    @property
    def language(self) -> str:
        """The page's BCP 47 tag."""
        return language_tag(self.locale)

    @property
    def direction(self) -> str:
        return text_direction(self.locale)

    @property
    def city(self) -> str:
        return current_settings().city_name

    @property
    def sms_number(self) -> str:
        """The number that takes text messages, "" when it is not known."""
        return next(iter(current_settings().twilio_from), "")

    @property
    def here(self) -> str:
        """Where to come back to: this page's address within the house, but never an answer of the identity provider."""
        if request.path.startswith("/auth/"):
            return url_for("portal.index")
        if request.method in ("GET", "HEAD"):
            return request.full_path.rstrip("?")
        # After a form that has to be mended: the form itself, if it stands at this address.
        adapter = current_app.create_url_adapter(request)
        can_be_got = adapter is not None and "GET" in adapter.allowed_methods()
        return request.path if can_be_got else url_for("portal.index")

    @property
    def languages(self) -> list[Language]:
        spoken, here = page_locales(), self.locale
        return [
            Language(
                language_tag(code),
                name,
                url_for("portal.language", code=code, next=self.here),
                code == here,
            )
            for code, name in LANGUAGE_NAMES.items()
            if code in spoken
        ]

    @property
    def signed_in(self) -> bool:
        return self.actor.kind == "user"

    @property
    def name(self) -> str:
        return self.actor.name

    @property
    def login_ends(self) -> "LoginEnds | None":
        """What a page needs to warn before the login ends; None for visitors."""
        held = current_session() if self.signed_in else None
        ends_at = held.idle_ends_at() if held else None
        if held is None or held.login is None or ends_at is None:
            return None
        left = max(0, int((ends_at - clock.wall()).total_seconds()))
        return LoginEnds(left, held.login.is_staff, owner_mark(held.login))

    def has(self, endpoint: str) -> bool:
        """Whether the house has this view at all."""
        return endpoint in current_app.view_functions

    def may_enter(self, endpoint: str) -> bool:
        """Whether the view exists and lets this actor in (a visitor may still be asked to log in)."""
        access = access_of(endpoint)
        if access is None or access.kind == "signed":
            return False
        return access.permission is None or self.actor.may(access.permission)

    def url_to(self, endpoint: str, **values: Any) -> str | None:
        """The view's address for those whom it lets in, else None: a tile without an address is a number only."""
        return url_for(endpoint, **values) if self.may_enter(endpoint) else None

    @property
    def navigation(self) -> list[Way]:
        """The resident's ways; a visitor sees those behind the login too, for that is where it leads them."""
        found = [
            Way(gettext(label), url_for(endpoint), current=self._is_here(endpoint))
            for endpoint, label in RESIDENT_WAYS
            if self.may_enter(endpoint) or (self.has(endpoint) and not self.signed_in)
        ]
        desk = next(iter(self.staff_ways()), None)
        return [*found, Way(gettext("Desk"), desk.url)] if desk else found

    @property
    def staff_navigation(self) -> list[Way]:
        return self.staff_ways(counted=True)

    def staff_ways(self, *, counted: bool = False) -> list[Way]:
        """The desks of this actor, with what waits there if `counted`."""
        if not self.signed_in:
            return []
        return [self._staff_way(*way, counted=counted) for way in STAFF_WAYS if self.may_enter(way[0])]

    def _staff_way(self, endpoint: str, label: str, icon: str, *, counted: bool) -> Way:
        count = _counts.get(endpoint) if counted else None
        waiting = 0
        if count:
            try:
                waiting = count.of(self.actor)
            except Exception:
                # A number beside an entry is never worth a page.
                log.exception("navigation_count_failed", endpoint=endpoint)
        here = self._is_here(endpoint)
        return Way(gettext(label), url_for(endpoint), here, icon, waiting, count.tone if count else "neutral")

    def _is_here(self, endpoint: str) -> bool:
        """The entry whose address is the longest beginning of this page's address, among all entries."""
        endpoints = [way[0] for way in (*RESIDENT_WAYS, *STAFF_WAYS) if self.has(way[0])]
        paths = [(path, one) for one in endpoints for path in (url_for(one), *BENEATH.get(one, ()))]
        fitting = [
            (len(path), one)
            for path, one in paths
            if request.path == path or (path != "/" and request.path.startswith(path.rstrip("/") + "/"))
        ]
        return bool(fitting) and max(fitting)[1] == endpoint
