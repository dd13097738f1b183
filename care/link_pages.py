"""What the pages behind secret links have in common."""

import re
from datetime import date

from flask import Response, make_response, render_template
from flask_babel import gettext as _

from care.forms import BirthDateForm
from care.link_forms import LinkCaseForm

DAY = re.compile(r"^\s*(\d{1,2})[./ ]\s*(\d{1,2})[./ ]\s*(\d{4})\s*$")


def day_in(text: str) -> date | None:
    """The day that somebody wrote, such as 17.05.1984; None if it is none."""
    found = DAY.match(text)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def birth_day(form: BirthDateForm | LinkCaseForm) -> date | None:
    """The date of birth that was typed; None, with the mistake at its field, if it is none."""
    day = day_in(form.birth_date.data or "")
    if day is None:
        form.birth_date.errors = [_("This is not a date.")]
    return day


def gone() -> Response:
    """The same page for unknown, expired, answered and locked links: a stranger learns nothing."""
    return private(render_template("care/check_in/gone.html"), 404)


def private(content: str | bytes, status: int = 200) -> Response:
    """A page that nobody keeps: no browser, no proxy, no search engine."""
    response = make_response(content, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
