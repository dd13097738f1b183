"""How chosen filters are shown: days and labels as people say them, in the language of the page."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _

from config.filters import Filter
from config.localisation import local_date

NEAR_DAYS = ("today-14", "today-7", "today-3", "today-1", "today", "today+1", "today+3", "today+7")


def label_of(one: Filter) -> str:
    """What a filter is called, with its end of a range."""
    label = str(_(one.label))
    sides = {"from": _("%(label)s from", label=label), "to": _("%(label)s until", label=label)}
    return str(sides.get(one.side, label))


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


def typed(day: str) -> str:
    """A day of a filter as it is typed."""
    if day.startswith("today"):
        return day.replace("today", str(_("today")), 1)
    return local_date(date.fromisoformat(day)) if day else ""


def near_days() -> list[tuple[str, str]]:
    """Days that are often asked for: as they are typed, and in words."""
    return [(typed(text), day_in_words(text)) for text in NEAR_DAYS]


def yes_or_no() -> list[tuple[str, str]]:
    """The answers to a yes_no filter, for a select."""
    return [("1", str(_("yes"))), ("0", str(_("no")))]


def groups(
    titles: Mapping[str, str],
    filters: Mapping[str, Filter],
    values: Mapping[str, str],
    options: Callable[[str, Filter, str], list[tuple[str, str]]],
) -> Iterator[dict[str, Any]]:
    """The groups of the form with their fields, the two ends of a range side by side; in which of them something is
    chosen. `options(name, filter, value)` gives the choices of a field."""
    for code, title in titles.items():
        names = [name for name, one in filters.items() if one.group == code]
        rows: dict[str, dict[str, Any]] = {}
        for name in names:
            one, value = filters[name], values.get(name, "")
            row = rows.setdefault(one.label, {"label": _(one.label), "fields": []})
            row["fields"].append(
                {
                    "name": name,
                    "ask": one.ask,
                    "side": one.side,
                    "label": label_of(one),
                    "value": typed_value(one, value),
                    "options": options(name, one, value),
                }
            )
        chosen = sum(name in values for name in names)
        yield {"code": code, "title": _(title), "rows": list(rows.values()), "chosen": chosen}


def typed_value(one: Filter, value: str) -> str:
    """What stands in a filter's field; relative days as they are kept, for they are chosen from a list of such."""
    return value if one.ask != "day" or value.startswith("today") or not value else typed(value)
