"""The dry run of the time limits: what would go on a day, as a page and as a file."""

from datetime import date, datetime, timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import dry_runs
from auth.policies import current_actor, require
from auth.roles import Permission
from auth.views_privacy import desk, desk_tabs
from config import clock
from config.downloads import download
from config.exports import write_csv
from config.settings import current_settings

FARTHEST = timedelta(days=3660)


@desk.get("/dry-run")
@require(Permission.RETENTION_RUN)
def dry_run() -> ResponseReturnValue:
    """How much of each type and stage would go on a day. Erases nothing."""
    day, at = _day()
    return render_template(
        "auth/dry_run.html",
        found=dry_runs.look(current_actor(), at),
        day=day,
        file_url=url_for(".dry_run_file", day=day.isoformat()),
        tabs=desk_tabs("dry-run"),
    )


@desk.get("/dry-run.csv")
@require(Permission.RETENTION_RUN)
def dry_run_file() -> ResponseReturnValue:
    """The same, record by record. A file that is not whole says so in its name and in its last line."""
    day, at = _day()
    headers = [_("Type of record"), _("Code"), _("Reference"), _("Counted from"), _("Legal hold"), _("Archive")]
    yes, no = _("yes"), _("no")
    found = dry_runs.look(current_actor(), at)
    rows = [
        (
            *(_(line.title), line.name, one.subjects[0].partition(":")[2], one.since),
            *(yes if one.id in line.held else no, _("is asked first") if line.asks_archive else "–"),
        )
        for line in found.lines
        for one in line.over
    ]
    name = f"dry-run-{day}"
    if not found.is_whole:
        name += "-" + _("incomplete")
        rows.append((_("Incomplete: there is too much to look through at once. More than this would go."), *[""] * 5))
    return download(write_csv(headers, rows, zone=current_settings().zone), "text/csv", f"{name}.csv")


def _day() -> tuple[date, datetime]:
    """The day that is asked about, from today on, and its moment; today for whatever cannot be read."""
    today = clock.today(current_settings().zone)
    try:
        wanted = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        wanted = today
    day = min(max(wanted, today), today + FARTHEST)
    return day, clock.now() + (day - today)
