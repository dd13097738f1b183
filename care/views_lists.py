"""The line lists as pages, and the search for a case. Adds its addresses to those of `views_staff`."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import ValidationError

from auth.policies import current_actor, require
from auth.roles import Permission
from care import queries, representations, trail, words
from care.commands import ListCases
from care.views_staff import OPEN_LISTS
from care.views_staff import blueprint as staff
from care.vocabulary import LineList
from config.forms import BaseForm


@staff.get("/cases/")
@require(Permission.CASES_SEE)
def cases() -> ResponseReturnValue:
    """The line lists; without a choice, all open cases."""
    given = {name: value for name, value in request.args.items() if value and name in ListCases.model_fields}
    try:
        wanted = ListCases.model_validate({"status": None if "line_list" in given else "open"} | given)
    except ValidationError:  # an address written by hand, or by another version
        return redirect(url_for("care.cases"))
    if wanted.q:  # a name does not belong into an address
        return redirect(url_for("care.cases"))
    return _list_page(wanted, {name: value for name, value in given.items() if name != "after"})


@staff.post("/cases/search")
@require(Permission.CASES_SEE)
def search() -> ResponseReturnValue:
    """Cases by reference, name, phone or e-mail; what was looked for stands in no address."""
    form = BaseForm()
    try:
        wanted = ListCases.model_validate({name: request.form.get(name) or None for name in ("q", "after")})
    except ValidationError:
        return redirect(url_for("care.cases"))
    if not form.validate_on_submit() or not wanted.q:
        return redirect(url_for("care.cases"), 303)
    return _list_page(wanted, {})


def _list_page(wanted: ListCases, keep: dict[str, Any]) -> str:
    actor = current_actor()
    page = queries.list_cases(actor, wanted)
    rows = [representations.row_values(case) for case in page.items]
    trail.looked(actor, "cases.listed", page.items, list=wanted.line_list, searched=bool(wanted.q))
    return render_template(
        "care/cases.html",
        rows=rows,
        tabs=_tabs(queries.counts(actor), wanted.line_list),
        wanted=wanted,
        words=words,
        next_after=page.next,
        next_url=url_for("care.cases", **keep, after=page.next) if page.next else None,
        previous_url=url_for("care.cases", **keep) if wanted.after else None,
    )


def _tabs(counts: Any, chosen: str | None) -> list[dict[str, Any]]:
    everything = {"label": _("All open"), "url": url_for("care.cases"), "current": chosen is None}
    lists = [
        {
            "label": _(words.LINE_LISTS[line_list]),
            "url": url_for("care.cases", line_list=line_list.value),
            "count": counts.get(line_list, 0),
            "current": chosen == line_list,
            "tone": words.TONES[line_list] if counts.get(line_list) else "neutral",
        }
        for line_list in (*OPEN_LISTS, LineList.CLOSED)
    ]
    return [everything, *lists]
