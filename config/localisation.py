"""Languages and local time: which language a page speaks, and how dates look in it."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import flask_babel
from flask import has_request_context, request

from config.settings import LOCALES, current_settings

if TYPE_CHECKING:
    from flask import Flask

    from config.settings import Settings

DOMAINS = ("config", "auth", "notifications", "services", "care", "imports", "sandbox")
PAGE_LOCALES = ("de", "en")
LOCALE_COOKIE = "obhut_locale"
RIGHT_TO_LEFT = ("ar",)
babel = flask_babel.Babel()


def init_app(app: "Flask", settings: "Settings") -> None:
    """Give `app` translations, the choice of language, and the date filters of the templates."""
    app.config["BABEL_DEFAULT_LOCALE"] = settings.locale if settings.locale in PAGE_LOCALES else "de"
    app.config["BABEL_DEFAULT_TIMEZONE"] = settings.timezone
    app.config["BABEL_DOMAIN"] = ";".join(DOMAINS)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(["translations"] * len(DOMAINS))
    babel.init_app(app, locale_selector=page_locale)
    app.jinja_env.filters |= {
        "local_datetime": local_datetime,
        "local_date": local_date,
        "local_time": local_time,
        "local_number": local_number,
        "exact_datetime": exact_datetime,
        "exact_time": exact_time,
        "duration": local_duration,
    }


def page_locale() -> str:
    """The language of this page: the one chosen (address, then cookie), else the city's.

    What the browser prefers does not count: a German administration speaks German first, the others are a click away.
    """
    city = current_settings().locale
    default = city if city in PAGE_LOCALES else "de"
    if not has_request_context():
        return default
    chosen = request.args.get("lang") or request.cookies.get(LOCALE_COOKIE)
    return chosen if chosen in PAGE_LOCALES else default


def language_tag(locale: str) -> str:
    """The HTML `lang` for one of our locales: plain German is `de` with a subtag of its own."""
    return "de-x-ls" if locale == "de-simple" else locale


def text_direction(locale: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if locale in RIGHT_TO_LEFT else "ltr"


def is_locale(code: str) -> bool:
    """Whether people can be written to in this language."""
    return code in LOCALES


def local_datetime(at: datetime | None) -> str:
    """Day and time in the jurisdiction's zone, in the page's language; "" for None."""
    if at is None:
        return ""
    return f"{local_date(at)}, {local_time(at)}"


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


def local_number(value: float | None) -> str:
    """A number as the page's language writes it (38,7 in German); "" for None."""
    return "" if value is None else str(flask_babel.format_decimal(value))
