"""Possible duplicates: the list of them, and two cases side by side. Adds its addresses to `views_staff`."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import duplicate_queries, duplicates, merge_pages, merging, trail
from care.case_page import back_to
from care.merge_rules import FIELDS, MergeCases, Side
from care.views_staff import blueprint as staff
from config.database import transaction
from config.error_pages import translated
from config.errors import RuleViolation
from config.forms import BaseForm


@staff.get("/duplicates/")
@require(Permission.CASES_SEE)
def duplicates_list() -> ResponseReturnValue:
    """Cases that may be of one person, the likeliest first."""
    actor = current_actor()
    try:
        page = duplicate_queries.list_pairs(actor, request.args.get("after"))
    except RuleViolation:  # an address written by hand, or by another version
        return redirect(url_for("care.duplicates_list"))
    rows = [duplicate_queries.row_values(pair) for pair in page.items]
    trail.looked(actor, "cases.duplicates_listed", [case for pair in page.items for case in (pair.case_a, pair.case_b)])
    return render_template(
        "care/duplicates.html",
        rows=rows,
        may_merge=actor.may(Permission.CASES_CLOSE),
        next_url=url_for("care.duplicates_list", after=page.next) if page.next else None,
        previous_url=url_for("care.duplicates_list") if request.args.get("after") else None,
    )


@staff.post("/cases/<reference>/not-the-same")
@require(Permission.CASES_CLOSE)
def not_the_same(reference: str) -> ResponseReturnValue:
    """Two cases are of two people."""
    actor, form = current_actor(), BaseForm()
    if form.validate_on_submit():
        with transaction():
            duplicates.decide_not_the_same(reference, request.form.get("other", ""), actor)
        flash(_("Noted: these are two people."), "success")
    return redirect(url_for("care.duplicates_list"), 303)


@staff.get("/cases/<reference>/merge")
@require(Permission.CASES_CLOSE)
def compare_cases(reference: str) -> ResponseReturnValue:
    """Two cases of one person side by side; for what differs, which value is to count."""
    return _side_by_side(reference, MergeCases(other=request.args.get("other", "")))


@staff.post("/cases/<reference>/merge")
@require(Permission.CASES_CLOSE)
def merge_cases(reference: str) -> ResponseReturnValue:
    """What was chosen, to be seen once more; confirmed, the two become one."""
    form, command, step = BaseForm(), _chosen(), request.form.get("step")
    if not form.validate_on_submit() or step != "merge":
        return _side_by_side(reference, command, preview=step == "preview")
    try:
        with transaction():
            marks = request.form.get("seen", ""), request.form.get("seen_other", "")
            merging.merge(command, reference=reference, actor=current_actor(), marks=marks)
    except RuleViolation as error:  # somebody was faster, or something has to be decided
        return _side_by_side(reference, command, refused=error)
    flash(_("The two cases are one now."), "success")
    return back_to(reference)


def _chosen() -> MergeCases:
    given = {field.name: request.form.get(field.name, "") for field in FIELDS}
    choices = {name: Side(side) for name, side in given.items() if side in {*Side}}
    return MergeCases(other=request.form.get("other", ""), choices=choices)


def _side_by_side(
    reference: str, command: MergeCases, *, preview: bool = False, refused: RuleViolation | None = None
) -> ResponseReturnValue:
    actor = current_actor()
    try:
        kept, ending = merging.both(actor, reference, command.other)
    except RuleViolation as error:
        flash(translated(error), "danger")
        return back_to(reference)
    shown = merge_pages.page_values(kept, ending, command.choices)
    undecided = [row["label"] for row in shown["fields"] if not row["side"]] if preview else []
    trail.looked(actor, "cases.compared", [kept, ending])
    page = render_template(
        "care/merge.html",
        **shown,
        undecided=undecided,
        refused=translated(refused) if refused else "",
        preview=preview and not undecided,
    )
    return page, 422 if refused or undecided else 200
