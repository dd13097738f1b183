"""Staff: codes by which people link their logins to a case, and the links that stand."""

from uuid import UUID

from flask import flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from care import case_management, link_codes, link_letters, own_cases, queries
from care.case_page import back_to, show_case
from care.guardianship import CodeWay, IssueCode
from care.link_forms import IssueCodeForm
from care.views_staff import blueprint as staff
from config.database import transaction
from config.downloads import download
from config.forms import BaseForm, accepting, command_or_errors


@staff.post("/cases/<reference>/link-codes")
@require(Permission.CASES_LINK)
def issue_link_code(reference: str) -> ResponseReturnValue:
    """Issue a code: it goes out as a message, or comes back as a letter to print."""
    actor, form = current_actor(), IssueCodeForm(prefix="link").offer()
    found = queries.standing_case_for(actor, reference)
    command = command_or_errors(form, IssueCode) if form.validate_on_submit() else None
    if command is not None:
        with accepting(form):
            link_codes.check(command, found)
            code, paper = link_codes.new_code(), b""
            if command.way is CodeWay.LETTER:
                paper = link_letters.letter(found, code, command.basis, form.addressee.data or "")
            with transaction():
                link_codes.issue(command, code, case=case_management.locked_case(found.id), actor=actor)
            if paper:
                return download(paper, "application/pdf", f"Code-{found.reference}.pdf")
            flash(_("The code is on its way."), "success")
            return back_to(reference)
    return show_case(reference, link_form=form), 422


@staff.post("/cases/<reference>/links/<uuid:link_id>/end")
@require(Permission.CASES_LINK)
def end_link(reference: str, link_id: UUID) -> ResponseReturnValue:
    """Take a login's link to the case away."""
    actor, form = current_actor(), BaseForm()
    found = queries.standing_case_for(actor, reference)
    if form.validate_on_submit():
        with transaction():
            own_cases.unlink_by_staff(link_id, case=case_management.locked_case(found.id), actor=actor)
        flash(_("This account is no longer linked to the case."), "success")
    return back_to(reference)
