"""The health office's first page: today's numbers, what is next, the course of the last weeks. Joins `views_staff`."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import (
    dashboard as numbers,
    dashboard_words,
    duplicate_queries,
    list_place,
    queries,
    representations,
    support_queries,
    trail,
    transfer_queries,
    words,
)
from care.dashboard import SPANS, Series, Today
from care.list_filters import ListCases
from care.views_staff import OPEN_LISTS, blueprint as staff
from config.charts import bar_chart, stacked_chart
from config.downloads import download
from config.errors import NotFound
from config.exports import Cell, write_csv
from config.localisation import local_number
from config.settings import current_settings


@staff.get("/")
@require(Permission.CASES_SEE)
def dashboard() -> ResponseReturnValue:
    """What waits today. Tasks and the next cases name people: that somebody saw them is noted in the audit trail."""
    actor, length = current_actor(), _length()
    today = numbers.today_of(actor)
    series, support = numbers.course(actor, length, today), support_queries.numbers(actor)
    found, open_tasks = numbers.next_up(actor), queries.open_tasks(actor)
    wanted = ListCases(status="open")
    rows = [representations.row_values(case) | {"place": list_place.mark(wanted, case)} for case in found]
    tasks = [representations.task_values(task) for task in open_tasks]
    seen = {case.reference: case for case in (*found, *(task.case for task in open_tasks))}
    trail.looked(actor, "cases.tasks_listed", seen.values())
    return render_template(
        "care/dashboard.html",
        tiles=_tiles(today),
        lists=[(line_list, today.by_list.get(line_list, 0)) for line_list in OPEN_LISTS],
        rows=rows,
        tasks=tasks,
        support=support,
        duplicates=duplicate_queries.count(actor),
        transfers=transfer_queries.count(actor),
        tones=words.TONES,
        charts=[_chart(one) for one in series],
        spans=[(days, url_for("care.dashboard", days=days), days == length) for days in SPANS],
    )


@staff.get("/numbers/<code>.csv")
@require(Permission.CASES_SEE)
def numbers_csv(code: str) -> ResponseReturnValue:
    """The numbers of a chart as a file: counts, and nothing of anybody."""
    found = next((one for one in numbers.course(current_actor(), _length()) if one.code == code), None)
    if found is None:
        raise NotFound()
    names = dashboard_words.SERIES[code]
    rows: list[tuple[Cell, ...]] = [
        (day, *(line[place] for line in found.values.values())) for place, day in enumerate(found.days)
    ]
    content = write_csv([_("Day"), *(_(names[name]) for name in found.values)], rows, zone=current_settings().zone)
    return download(content, "text/csv", f"{code}-{found.days[-1].isoformat()}.csv")


def _length() -> int:
    asked = request.args.get("days", SPANS[0], type=int)
    return asked if asked in SPANS else SPANS[0]


def _chart(series: Series) -> dict[str, Any]:
    code, names = series.code, dashboard_words.SERIES[series.code]
    labels, lines = [f"{day:%d.%m.}" for day in series.days], list(series.values.values())
    draw = stacked_chart if code in dashboard_words.STACKED else bar_chart
    return {
        "code": code,
        "title": _(dashboard_words.CHARTS[code]),
        "text": _(dashboard_words.EXPLAINED[code]),
        "names": [_(names[name]) for name in series.values],
        "drawn": draw(labels, lines),
        "rows": list(zip(series.days, *lines, strict=True)),
        "totals": [sum(line) for line in lines],
        "url": url_for("care.numbers_csv", code=code, days=len(series.days)),
    }


def _tiles(today: Today) -> list[dict[str, Any]]:
    """The tiles, each with the list that it counts. A number that asks for something has a colour."""

    def to(**filters: Any) -> str:
        return url_for("care.cases", **({"status": "open"} | filters))

    def tile(label: str, number: int, url: str, tone: str = "neutral", note: str | None = None) -> dict[str, Any]:
        return {"label": label, "number": number, "url": url, "tone": tone if number else "neutral", "note": note}

    share = today.response
    of_all = (
        None
        if share is None
        else _("%(share)s %% of the %(number)s expected", share=share, number=local_number(today.expected))
    )
    more = today.in_vain > numbers.COUNTED
    return [
        tile(_("Open cases"), today.open, to()),
        tile(_("Taken into care today"), today.enrolled, to(status="any", enrolled_from="today")),
        tile(_("Closed today"), today.ended, url_for("care.cases", closed_from="today")),
        tile(_("Heard from today"), today.heard, to(reported_from="today"), "info", of_all),
        tile(
            _("Findings about health that nobody has seen"),
            today.unseen,
            to(finding="medical", finding_state="open"),
            "warning",
        ),
        tile(_("Findings overdue"), today.overdue, to(finding_state="overdue"), "danger"),
        tile(
            _("Tried in vain %(number)s times", number=numbers.IN_VAIN),
            min(today.in_vain, numbers.COUNTED),
            to(attempts=numbers.IN_VAIN),
            "warning",
            _("and more") if more else None,
        ),
        tile(_("Cases with overdue tasks"), today.late_tasks, to(status="any", task_overdue="1"), "danger"),
        tile(_("To be looked at again"), today.follow_ups, to(follow_up="due"), "info"),
        tile(
            _("Monitoring ends today"),
            today.ending_today,
            to(ends_from="today", ends_to="today", sort="ends"),
            "info",
            _("%(number)s tomorrow", number=today.ending_tomorrow),
        ),
        tile(
            _("Orders end today or tomorrow"),
            today.orders_ending,
            to(status="any", order_ends_from="today", order_ends_to="today+1"),
            "warning",
        ),
        tile(
            _("Orders by word of mouth alone"),
            today.verbal_orders,
            to(status="any", order="verbal", order_ends_from="today"),
            "warning",
        ),
    ]
