"""Languages and local time: which language a page speaks, and how dates look in it."""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import flask_babel
from babel.support import Translations
from flask import current_app, has_request_context, request

from config import clock
from config.settings import LOCALES, current_settings

if TYPE_CHECKING:
    from flask import Flask

    from config.settings import Settings

DOMAINS = ("config", "auth", "notifications", "services", "care", "imports", "sandbox")
PAGE_LOCALES = ("de", "en")
"""What every page speaks; those that are declared `in_every_language` speak all of LOCALES."""
# By their own names, in the order in which the choice shows them: who reads none of the others finds their own.
LANGUAGE_NAMES = {
    "de": "Deutsch",
    "de-simple": "Leichte Sprache",
    "en": "English",
    "ar": "العربية",
    "fr": "Français",
    "pl": "Polski",
    "ru": "Русский",
    "tr": "Türkçe",
    "uk": "Українська",
}
LOCALE_COOKIE = "obhut_locale"
MINUTE_S, HOUR_S = 60, 3600
WAITS_S = (365 * 24 * HOUR_S, 30 * 24 * HOUR_S, 7 * 24 * HOUR_S, 24 * HOUR_S, HOUR_S)  # the units of Babel's words
RIGHT_TO_LEFT = ("ar",)
# Babel refuses codes that CLDR does not know; a modifier it takes, and falls back from `de@ls` to `de`.
BABEL_CODES = {"de-simple": "de@ls"}
OUR_CODES = {code: ours for ours, code in BABEL_CODES.items()}
View = TypeVar("View", bound=Callable[..., Any])


class _Words(flask_babel.Domain):  # type: ignore[misc]
    """Translations by language, found with one look at the language: Flask-Babel's own take four at each word."""

    def __init__(self) -> None:
        super().__init__(domain=";".join(DOMAINS))
        self._met: dict[str, Translations] = {}

    def get_translations(self) -> Translations:
        locale = flask_babel.get_locale()
        if locale is None:
            return super().get_translations()  # type: ignore[no-any-return]  # outside of an application nothing is spoken
        code = str(locale)  # each request has a locale of its own, and two of them are slow to compare
        if code not in self._met:
            self._met[code] = super().get_translations()
        return self._met[code]


class _Babel(flask_babel.Babel):  # type: ignore[misc]
    @cached_property
    def domain_instance(self) -> _Words:
        return words


words = _Words()
babel = _Babel()


def init_app(app: "Flask", settings: "Settings") -> None:
    """Give `app` translations, the choice of language, and the date filters of the templates."""
    app.config["BABEL_DEFAULT_LOCALE"] = settings.locale if settings.locale in PAGE_LOCALES else "de"
    app.config["BABEL_DEFAULT_TIMEZONE"] = settings.timezone
    app.config["BABEL_DOMAIN"] = ";".join(DOMAINS)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(["translations"] * len(DOMAINS))
    babel.init_app(app, locale_selector=page_locale)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: words.get_translations().ugettext(text),
        ngettext=lambda one, many, number: words.get_translations().ungettext(one, many, number),
        pgettext=lambda context, text: words.get_translations().upgettext(context, text),
        npgettext=lambda context, one, many, number: words.get_translations().unpgettext(context, one, many, number),
        newstyle=True,
    )
    app.jinja_env.filters |= {
        "local_datetime": local_datetime,
        "local_date": local_date,
        "local_month": local_month,
        "local_time": local_time,
        "local_number": local_number,
        "exact_datetime": exact_datetime,
        "exact_time": exact_time,
        "duration": local_duration,
    }


def in_every_language(view: View) -> View:
    """Declare that the page of `view` speaks all languages in which people in care are written to.

    Its texts have to stand in `config.people_texts`. The outermost decorator beneath the route.
    """
    view.__dict__["in_every_language"] = True
    return view


def today() -> date:
    """The day in the city's zone."""
    return clock.today(current_settings().zone)


def page_locales() -> tuple[str, ...]:
    """The languages in which this page can be read."""
    view = current_app.view_functions.get(request.endpoint or "") if has_request_context() else None
    return LOCALES if getattr(view, "in_every_language", False) else PAGE_LOCALES


def page_locale() -> str:
    """The language of this page, as Babel calls it: the one chosen (address, then cookie), else the city's.

    What the browser prefers does not count: a German administration speaks German first, the others are a click away.
    On pages in every language it does, for who comes there by our message was never asked.
    """
    return babel_code(_page_locale())


def _page_locale() -> str:
    spoken, city = page_locales(), current_settings().locale
    default = city if city in spoken else "de"
    if not has_request_context():
        return default
    chosen = chosen_locale()
    if chosen is not None:
        return chosen if chosen in spoken else "de" if chosen.startswith("de") else "en"
    return preferred_locale() or default if spoken is LOCALES else default


def chosen_locale() -> str | None:
    """The language that this browser has chosen, in the address or earlier; None when it has not."""
    chosen = request.args.get("lang") or request.cookies.get(LOCALE_COOKIE)
    return chosen if chosen in LOCALES else None


def preferred_locale() -> str | None:
    """The language of ours that this browser asks for; None when it asks for none of them."""
    return request.accept_languages.best_match([code for code in LOCALES if code not in BABEL_CODES])


def speaking(locale: str) -> AbstractContextManager[None]:
    """Within the block texts and dates are those of `locale`, one of ours."""
    block: AbstractContextManager[None] = flask_babel.force_locale(babel_code(locale))
    return block


def spoken_locale() -> str:
    """The language that is spoken here and now, as we call it."""
    code = str(flask_babel.get_locale() or page_locale())
    return OUR_CODES.get(code, code)


def babel_code(locale: str) -> str:
    """What Babel calls one of our locales."""
    return BABEL_CODES.get(locale, locale)


def language_tag(locale: str) -> str:
    """The HTML `lang` for one of our locales: plain German is `de` with a subtag of its own (BCP 47)."""
    return "de-x-ls" if locale == "de-simple" else locale


def text_direction(locale: str) -> str:
    """`rtl` or `ltr`, for one of our locales."""
    return "rtl" if locale in RIGHT_TO_LEFT else "ltr"


def is_locale(code: str) -> bool:
    """Whether people can be written to in this language."""
    return code in LOCALES


def local_datetime(at: datetime | None) -> str:
    """Day and time in the jurisdiction's zone, in the page's language; "" for None."""
    if at is None:
        return ""
    return f"{local_date(at)}, {local_time(at)}"


def local_month(day: date) -> str:
    """Month and year, in the language of the page."""
    return str(flask_babel.format_date(day, "LLLL yyyy", rebase=False))


def local_date(day: date | datetime | None) -> str:
    """Day in the jurisdiction's zone, in the page's language; "" for None."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = day.astimezone(current_settings().zone).date()
    return str(flask_babel.format_date(day, "medium", rebase=False))


def local_time(at: datetime | None) -> str:
    """Time of day in the jurisdiction's zone, in the page's language; "" for None."""
    if at is None:
        return ""
    return str(flask_babel.format_time(at.astimezone(current_settings().zone), "short", rebase=False))


def exact_datetime(at: datetime | None) -> str:
    """Day and time with seconds, in the jurisdiction's zone; "" for None."""
    return "" if at is None else f"{local_date(at)}, {exact_time(at)}"


def exact_time(at: datetime | None) -> str:
    """Time of day with seconds, in the jurisdiction's zone; "" for None."""
    if at is None:
        return ""
    return str(flask_babel.format_time(at.astimezone(current_settings().zone), "medium", rebase=False))


def local_duration(seconds: float | None) -> str:
    """A length of time as people say it: 0,4 s, 12 s, 5 min, 3,5 h; "" for None."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{local_number(round(seconds, 1) if seconds < 10 else round(seconds))} s"
    if seconds < 5400:
        return f"{local_number(round(seconds / 60))} min"
    return f"{local_number(round(seconds / 3600, 1))} h"


def local_wait(seconds: int) -> str:
    """When to come back, in plain words ("in 47 minutes", "in 1 hour"), in the page's language; never too early."""
    unit = next((one for one in WAITS_S if seconds >= one), MINUTE_S)
    # A header that says how long to wait adds a second, which would make two hours of one.
    rounded = timedelta(seconds=max(1, math.ceil((seconds - 1) / unit)) * unit)
    return str(flask_babel.format_timedelta(rounded, granularity="minute", add_direction=True, threshold=1))


def local_number(value: float | None) -> str:
    """A number as the page's language writes it (38,7 in German); "" for None."""
    return "" if value is None else str(flask_babel.format_decimal(value))
