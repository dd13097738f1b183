"""The line lists as pages, and the search for a case. Adds its addresses to those of `views_staff`."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import ValidationError

from auth.policies import current_actor, require
from auth.roles import Permission
from care import list_pages, list_place, queries, representations, saved_views, trail, words
from care.list_filters import ListCases
from care.views_staff import OPEN_LISTS, blueprint as staff
from care.vocabulary import LineList
from config import filter_words
from config.forms import BaseForm
from config.localisation import local_number


@staff.get("/cases/")
@require(Permission.CASES_SEE)
def cases() -> ResponseReturnValue:
    """The line lists; without a choice, all open cases."""
    given = {name: value for name, value in request.args.items() if value and name in ListCases.model_fields}
    if not request.args and (begin := saved_views.SHELF.default_of(current_actor())):
        return redirect(url_for("care.open_view", view_id=begin.id))
    try:
        wanted = ListCases.model_validate(list_pages.with_defaults(given))
    except ValidationError as error:  # an address written by hand, or by another version; or a day mistyped
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        flash(_("Something of what you chose could not be understood and was left out."), "warning")
        right: dict[str, Any] = {name: value for name, value in given.items() if name not in {*wrong, "after"}}
        return redirect(url_for("care.cases", **right))
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


def _list_page(wanted: ListCases, given: dict[str, str]) -> str:
    actor = current_actor()
    page = queries.list_cases(actor, wanted)
    rows = [representations.row_values(case) for case in page.items]
    for row, case in zip(rows, page.items, strict=True):
        row["place"] = None if wanted.q else list_place.mark(wanted, case)
    trail.looked(actor, "cases.listed", page.items, list=wanted.line_list, searched=bool(wanted.q))
    views = [] if wanted.q else saved_views.SHELF.views_of(actor)
    chosen: dict[str, Any] = {name: value for name, value in wanted.values().items() if name in given}
    return render_template(
        "care/cases.html",
        rows=rows,
        tabs=_tabs(queries.counts(actor), wanted.line_list),
        wanted=wanted,
        words=words,
        chosen=chosen,
        views=views,
        current_view=next(
            (one.id for one in views if list_pages.with_defaults(one.wanted) == list_pages.with_defaults(chosen)), None
        ),
        chips=list_pages.chips(wanted, given),
        groups=() if wanted.q else list_pages.groups(actor, wanted, given),
        sorts=list_pages.sorts(),
        near_days=filter_words.near_days(),
        next_after=page.next,
        next_url=url_for("care.cases", **chosen, after=page.next) if page.next else None,
        previous_url=url_for("care.cases", **chosen) if wanted.after else None,
    )


def _tabs(counts: Any, chosen: str | None) -> list[dict[str, Any]]:
    everything = {"label": _("All open"), "url": url_for("care.cases", status="open"), "current": chosen is None}
    lists = [
        {
            "label": _(words.LINE_LISTS[line_list]),
            "url": url_for("care.cases", line_list=line_list.value),
            "count": local_number(counts.get(line_list, 0)),
            "current": chosen == line_list,
            "tone": words.TONES[line_list] if counts.get(line_list) else "neutral",
        }
        for line_list in (*OPEN_LISTS, LineList.CLOSED)
    ]
    return [everything, *lists]
