"""The work list as a page, and its saved views. Adds its addresses to those of `views_caseworker`."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from pydantic import ValidationError

from auth.actors import Actor
from auth.policies import current_actor, require
from auth.roles import Permission
from auth.saved_view_pages import ViewPages
from config import filter_words
from config.localisation import today
from services import trail, triage, work_list, work_pages, work_views
from services.views_caseworker import casework_pages
from services.work_filters import FILTERS, VIEWS, ListRequests, View, with_defaults


@casework_pages.get("/staff/requests/", endpoint="index")
@require(Permission.REQUESTS_WORK)
def index() -> ResponseReturnValue:
    """The work list; without a choice, all open requests or where one's list begins."""
    actor = current_actor()
    if (tab := request.args.get("view")) in list(View):
        more = {name: value for name, value in request.args.items() if name == "service" and value}
        return redirect(url_for(".index", **VIEWS[View(tab)] | more))  # type: ignore[arg-type]
    given = work_pages.chosen_in(request.args)
    if not request.args and (begin := work_views.SHELF.default_of(actor)):
        return redirect(url_for(".open_view", view_id=begin.id))
    try:
        wanted = ListRequests.model_validate(with_defaults(given))
    except ValidationError as error:  # an address written by hand, or by another version; or a day mistyped
        wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
        flash(_("Something of what you chose could not be understood and was left out."), "warning")
        right: dict[str, Any] = {name: value for name, value in given.items() if name not in {*wrong, "after"}}
        return redirect(url_for(".index", **right or {"status": "open"}))
    return _page(wanted, {name: value for name, value in given.items() if name not in ("after", "q")})


def _page(wanted: ListRequests, given: dict[str, str]) -> ResponseReturnValue:
    actor, day = current_actor(), today()
    page = work_list.work_list(actor, wanted, day)
    chosen: dict[str, Any] = {name: value for name, value in wanted.values().items() if name in given}
    shown = with_defaults(chosen)
    if wanted.after and not page.items:  # all that stood on this page has been done meanwhile
        return redirect(url_for(".index", **shown))
    rows = work_pages.rows(actor, page.items, day)
    views = work_views.SHELF.views_of(actor)
    values = {
        "rows": rows,
        "tabs": work_pages.tabs(actor, shown, day),
        "wanted": wanted,
        "chosen": chosen,
        "chips": work_pages.chips(wanted, given),
        "groups": list(work_pages.groups(actor, wanted, given)),
        "sorts": work_pages.sorts(),
        "near_days": filter_words.near_days(),
        "views": views,
        "current_view": next((one.id for one in views if with_defaults(one.wanted) == shown), None),
        "kinds": triage.labels(),
        "next_url": url_for(".index", **chosen, after=page.next) if page.next else None,
        "previous_url": url_for(".index", **shown) if wanted.after else None,
    }
    trail.looked(actor, "requests.listed", page.items, searched=bool(wanted.q))
    return render_template("services/work_list.html", **values)


def _place(actor: Actor, chosen: dict[str, str]) -> dict[str, str]:
    """The department that was filtered by, else the first of the actor's."""
    codes = sorted(actor.departments_for(Permission.REQUESTS_WORK))
    return {"department_code": chosen["department"] if chosen.get("department") in codes else codes[0]}


ViewPages(
    shelf=work_views.SHELF,
    permission=Permission.REQUESTS_WORK,
    list_endpoint=work_pages.ENDPOINT,
    kept={*FILTERS, "sort"},
    place=_place,
    completed=with_defaults,
    in_words=work_pages.in_words,
    shared_label=_l("All colleagues of my department see it"),
    list_label=_l("To the work list"),
    number_label=_l("Requests and reports"),
).add_to(casework_pages, "/staff/requests/views/")
