"""How a list's filters are shown: the groups of the form, and what was chosen as chips that can be taken away."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from auth.actors import Actor
from auth.roles import Permission
from care import course, list_words, queries
from care.list_filters import FILTERS, Filter, ListCases
from care.protocol import current_protocol
from config.localisation import LANGUAGE_NAMES, local_date, page_locale

ENDPOINT = "care.cases"
NEAR_DAYS = ("today-14", "today-7", "today-3", "today-1", "today", "today+1", "today+3", "today+7")
OF_CLOSED = ("line_list", "status", "close_reason", "closed_from", "closed_to")


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen; open cases, unless something is chosen that closed ones can be."""
    return dict(given) if any(name in given for name in OF_CLOSED) else {"status": "open", **given}


def chips(wanted: ListCases, given: Mapping[str, str]) -> list[dict[str, str]]:
    """What was chosen: in words, and the address of the list without it."""
    return [
        {"text": _in_words(name, value), "url": url_for(ENDPOINT, **wanted_without(wanted, given, name))}
        for name, value in wanted.values().items()
        if name in given and name != "sort" and (name, value) != ("status", "open")
    ]


def wanted_without(wanted: ListCases, given: Mapping[str, str], name: str) -> dict[str, Any]:
    """What stands in the address of the list without this filter."""
    return {key: value for key, value in wanted.without(name).items() if key in given}


def in_words(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each chosen filter as label and value."""
    return [(_label(FILTERS[name]), _value(name, value)) for name, value in values.items() if name in FILTERS]


def _in_words(name: str, value: str) -> str:
    return f"{_label(FILTERS[name])}: {_value(name, value)}"


def _label(one: Filter) -> str:
    label = str(_(one.label))
    sides = {"from": _("%(label)s from", label=label), "to": _("%(label)s until", label=label)}
    return str(sides.get(one.side, label))


def _value(name: str, value: str) -> str:
    one = FILTERS[name]
    match one.ask:
        case "choice":
            if name == "contact_window" and value not in one.options:
                return str(_("at %(hour)s o'clock", hour=value))
            return str(_(one.options[value]))
        case "yes_no":
            return str(_("yes") if value == "1" else _("no"))
        case "day":
            return day_in_words(value)
        case "protocol":
            return dict(_protocols()).get(value, value)
        case "language":
            return LANGUAGE_NAMES.get(value, value)
        case "person":
            return {"me": str(_("me")), "nobody": str(_("nobody"))}.get(value, str(_("a colleague")))
        case _:
            return value


def day_in_words(text: str) -> str:
    """A day of a filter as people say it."""
    near = {"today": _("today"), "today-1": _("yesterday"), "today+1": _("tomorrow")}
    if text in near:
        return str(near[text])
    if not text.startswith("today"):
        return local_date(date.fromisoformat(text)) or text
    number = int(text.removeprefix("today"))
    if number < 0:
        return str(_("%(number)s days ago", number=-number))
    return str(_("in %(number)s days", number=number))


def _protocols() -> list[tuple[str, str]]:
    return [(code, current_protocol(code).name.in_(page_locale())) for code in queries.protocol_codes()]


def groups(actor: Actor, wanted: ListCases, given: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The groups of the form with their fields, the two ends of a range side by side; which of them something is
    chosen in."""
    values = {name: value for name, value in wanted.values().items() if name in given}
    for code, title in list_words.GROUPS.items():
        names = [name for name, one in FILTERS.items() if one.group == code]
        rows: dict[str, dict[str, Any]] = {}
        for name in names:
            one = FILTERS[name]
            row = rows.setdefault(one.label, {"label": _(one.label), "fields": []})
            row["fields"].append(_field(actor, name, one, values.get(name, "")))
        chosen = sum(name in values for name in names)
        yield {"code": code, "title": _(title), "rows": list(rows.values()), "chosen": chosen}


def _field(actor: Actor, name: str, one: Filter, value: str) -> dict[str, Any]:
    return {
        "name": name,
        "ask": one.ask,
        "side": one.side,
        "label": _label(one),
        "value": value
        if one.ask != "day" or value.startswith("today")
        else local_date(date.fromisoformat(value))
        if value
        else "",
        "options": _options(actor, name, one, value),
    }


def _typed(day: str) -> str:
    if day.startswith("today"):
        return day.replace("today", str(_("today")), 1)
    return local_date(date.fromisoformat(day)) if day else ""


def near_days() -> list[tuple[str, str]]:
    """Days that are often asked for: as they are typed, and in words."""
    return [(_typed(text), day_in_words(text)) for text in NEAR_DAYS]


def _options(actor: Actor, name: str, one: Filter, value: str) -> list[tuple[str, str]]:
    match one.ask:
        case "choice":
            found = [(str(code), str(_(text))) for code, text in one.options.items()]
            hours = [(str(hour), str(_("at %(hour)s o'clock", hour=hour))) for hour in range(24)]
            return found + hours if name == "contact_window" else found
        case "yes_no":
            return [("1", str(_("yes"))), ("0", str(_("no")))]
        case "protocol":
            return _protocols()
        case "language":
            return list(LANGUAGE_NAMES.items())
        case "person":
            return _people(actor, value)
        case _:
            return []


def _people(actor: Actor, value: str) -> list[tuple[str, str]]:
    known = [("me", str(_("me"))), ("nobody", str(_("nobody")))]
    known += [one for one in course.colleagues(*actor.offices_for(Permission.CASES_SEE)) if one[0] != actor.id]
    if value and value not in dict(known):
        known.append((value, str(_("a colleague"))))
    return known


def sorts() -> list[tuple[str, str]]:
    """The orders, for a select."""
    return [(code, str(_(text))) for code, text in list_words.SORTS.items()]
