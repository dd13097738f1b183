"""How the work list is shown: its rows, its tabs, the groups of its form, and what was chosen as chips."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import has_request_context, request, url_for
from flask_babel import gettext as _

from auth.actors import Actor
from auth.colleagues import of_department
from auth.roles import Permission
from config import filter_words
from config.filter_words import day_in_words, label_of
from config.filters import Filter
from config.localisation import page_locale
from services import answers_due, queries, representations, work_list
from services.commands import SOURCES
from services.definitions import catalogue
from services.models import ServiceRequest
from services.representations import Row
from services.work_filters import FILTERS, GROUPS, SORTS, VIEW_LABELS, VIEWS, ListRequests, View

ENDPOINT = "casework.index"
DESK = "/staff/requests/"
OF_DESK = frozenset({"casework", "open311_staff", "payments_staff", "request_erasure"})
OF_ONE = frozenset({"reference", "decision_id"})
RARE = frozenset({View.TO_CONFIRM})
"""Tabs that are shown only when they hold something: few services ask for two people."""


@dataclass(frozen=True)
class WorkRow:
    """A request in the work list."""

    row: Row
    assignee: str
    is_mine: bool
    is_own: bool
    is_priority: bool
    has_news: bool
    is_proposed: bool
    is_own_proposal: bool
    is_unanswered: bool
    nearby: int
    is_duplicate: bool
    source: str


def rows(actor: Actor, requests: Sequence[ServiceRequest], today: date) -> list[WorkRow]:
    """The rows of a page of the list."""
    locale = page_locale()
    return [
        WorkRow(
            row=representations.row(one, locale, today, for_staff=True),
            assignee=(one.assignee_name or _("a colleague")) if one.assignee_id else "",
            is_mine=one.assignee_id is not None and one.assignee_id == actor.user_id,
            is_own=queries.is_own(actor, one),
            is_priority=one.is_priority,
            has_news=one.news_at is not None,
            is_proposed=one.proposed_by is not None,
            is_own_proposal=one.proposed_by == actor.id,
            is_unanswered=answers_due.is_late(one, today),
            nearby=one.nearby,
            is_duplicate=one.duplicate_of_id is not None,
            source=_(SOURCES[one.source]) if one.source in SOURCES and one.source != "online" else "",
        )
        for one in requests
    ]


def chosen_in(address: Mapping[str, str]) -> dict[str, str]:
    """What an address says of the list; whatever else stands in it is left out."""
    return {name: value for name, value in address.items() if value and name in ListRequests.model_fields}


def list_url(address: Mapping[str, str]) -> str:
    """The list as it was chosen in `address`."""
    chosen: dict[str, Any] = chosen_in(address)
    return url_for(ENDPOINT, **chosen)


def keep_list(endpoint: str, values: dict[str, Any]) -> None:
    """Let each address of a request that stands on the desk's pages say of the list what their own does.

    So the way back leads to the list as it was chosen, whatever is done to the request meanwhile. For `url_defaults`.
    """
    is_of_one = endpoint.partition(".")[0] in OF_DESK and not values.keys().isdisjoint(OF_ONE)
    if is_of_one and has_request_context() and request.path.startswith(DESK):
        for name, value in chosen_in(request.args).items():
            values.setdefault(name, value)


def tabs(actor: Actor, chosen: Mapping[str, str], today: date) -> list[dict[str, Any]]:
    """The tabs, each with how many requests it holds."""
    counts = work_list.counts(actor, today)
    tones = {View.OVERDUE: "danger", View.NEWS: "info", View.TO_CONFIRM: "warning"}
    return [
        {
            "label": _(label),
            "url": url_for(ENDPOINT, **VIEWS[view]),  # type: ignore[arg-type]
            "count": number_in_words(counts[view]),
            "current": dict(chosen) == VIEWS[view],
            "tone": tones.get(view, "neutral") if counts[view] else "neutral",
        }
        for view, label in VIEW_LABELS.items()
        if counts[view] or view not in RARE or dict(chosen) == VIEWS[view]
    ]


def number_in_words(number: int) -> str:
    return f"{work_list.MOST_COUNTED}+" if number > work_list.MOST_COUNTED else str(number)


def chips(wanted: ListRequests, given: Mapping[str, str]) -> list[dict[str, str]]:
    """What was chosen: in words, and the address of the list without it."""
    found = []
    for name, value in wanted.values().items():
        if name in given and name != "sort" and (name, value) != ("status", "open"):
            rest: dict[str, Any] = {key: kept for key, kept in wanted.without(name).items() if key in given}
            text = f"{label_of(FILTERS[name])}: {_value(name, value)}"
            found.append({"text": text, "url": url_for(ENDPOINT, **rest or {"status": "open"})})
    return found


def in_words(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each chosen filter as label and value."""
    return [(label_of(FILTERS[name]), _value(name, value)) for name, value in values.items() if name in FILTERS]


def _value(name: str, value: str) -> str:
    one = FILTERS[name]
    match one.ask:
        case "choice":
            return str(_(one.options[value])) if value in one.options else value
        case "yes_no":
            return str(_("yes") if value == "1" else _("no"))
        case "day":
            return day_in_words(value)
        case "service":
            return dict(_services()).get(value, value)
        case "department":
            return _department(value)
        case "person":
            return {"me": str(_("myself")), "nobody": str(_("nobody"))}.get(value, str(_("a colleague")))
        case _:
            return value


def groups(actor: Actor, wanted: ListRequests, given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The groups of the form with their fields."""
    values = {name: value for name, value in wanted.values().items() if name in given}
    people = list(people_of(actor))
    return filter_words.groups(GROUPS, FILTERS, values, lambda name, one, value: _options(actor, one, value, people))


def _options(actor: Actor, one: Filter, value: str, people: list[tuple[str, str]]) -> list[tuple[str, str]]:
    match one.ask:
        case "choice":
            return [(str(code), str(_(text))) for code, text in one.options.items()]
        case "yes_no":
            return filter_words.yes_or_no()
        case "service":
            return _services()
        case "department":
            return [(code, _department(code)) for code in sorted(actor.departments_for(Permission.REQUESTS_WORK))]
        case "person":
            known = [("me", str(_("myself"))), ("nobody", str(_("nobody"))), *people]
            return known if not value or value in dict(known) else [*known, (value, str(_("a colleague")))]
        case _:
            return []


def people_of(actor: Actor) -> Iterator[tuple[str, str]]:
    """The actor's colleagues: id and name."""
    places = actor.departments_for(Permission.REQUESTS_WORK)
    found = {who: name for code in places for who, name in of_department(code, Permission.REQUESTS_WORK).items()}
    for who, name in sorted(found.items(), key=lambda one: one[1].casefold()):
        if who != str(actor.user_id):
            yield who, name


def _services() -> list[tuple[str, str]]:
    return sorted(((one.slug, one.title.to(page_locale())) for one in catalogue().values()), key=lambda one: one[1])


def _department(code: str) -> str:
    found = queries.department(code)
    return found.name if found else code


def sorts() -> list[tuple[str, str]]:
    """The orders, for a select."""
    return [(code, str(_(text))) for code, text in SORTS.items()]
