"""Saved views of the line lists. Adds their addresses to those of `views_staff`."""

from typing import Any

from flask_babel import lazy_gettext as _l

from auth.actors import Actor
from auth.roles import Permission
from auth.saved_view_pages import ViewPages
from care import list_pages, queries, saved_views
from care.list_filters import FILTERS
from care.views_staff import blueprint as staff


def _place(actor: Actor, _chosen: dict[str, str]) -> dict[str, Any]:
    return {"office_id": queries.office_for(actor, Permission.CASES_SEE)}


ViewPages(
    shelf=saved_views.SHELF,
    permission=Permission.CASES_SEE,
    list_endpoint=list_pages.ENDPOINT,
    kept={*FILTERS, "sort"},
    place=_place,
    completed=list_pages.with_defaults,
    in_words=list_pages.in_words,
    shared_label=_l("All colleagues of my health office see it"),
    list_label=_l("To the line lists"),
    number_label=_l("Cases"),
).add_to(staff, "/views/")
