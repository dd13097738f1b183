"""Status by reference and PIN, for whoever has no login: how it stands, what was said, and withdrawing."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.access import View
from auth.policies import public
from config.database import transaction
from config.errors import RuleViolation
from config.forms import add_errors, command_or_errors
from config.limits import limit_failures, limited
from config.localisation import page_locale
from services import by_pin, opened, outcomes, pins, representations, status_pages as pages
from services.commands import Act
from services.forms import MessageForm, StatusForm
from services.payments import queries as payments

status = Blueprint("status", __name__, template_folder="templates")
blueprints = (status,)


def typed_reference(**_: str) -> str:
    return pins.counted(request.form.get("reference", ""))


def with_pin(view: View) -> View:
    """Decorator: open to whoever has reference and PIN, which cannot be tried out."""
    by_reference = limit_failures("lookups", key=typed_reference)(view)
    return public(acts_as="status")(limit_failures("lookups_by_address")(by_reference))


@status.get("/status", endpoint="show")
@public
def show_status() -> ResponseReturnValue:
    return pages.page(StatusForm(formdata=None), None)


@status.post("/status")
@with_pin
def look_up() -> ResponseReturnValue:
    """One answer for a wrong reference and a wrong PIN, so that references cannot be tried out."""
    form, lookup, found = pages.typed()
    if found is None:
        return pages.page(form, None, failed=lookup is not None), 422
    return pages.to_page_of(found)


@status.get("/status/<mark>", endpoint="opened")
@public(acts_as="status")
def show_opened(mark: str) -> ResponseReturnValue:
    """What reference and PIN have opened, until they have to be entered again."""
    found = opened.behind(mark)
    return pages.page(pages.filled_in(found), found) if found else pages.enter_anew()


@status.post("/status/close")
@public
def close() -> ResponseReturnValue:
    """Nothing that was opened in this browser can be seen there any more without its PIN."""
    opened.close_all()
    flash(_("Closed. To see it again, enter reference and PIN."), "success")
    return redirect(url_for("status.show"), 303)


@status.post("/status/withdraw")
@with_pin
def ask_to_withdraw() -> ResponseReturnValue:
    """To the page that says what withdrawing means."""
    form, lookup, found = pages.typed()
    if found is None:
        return pages.page(form, None, failed=lookup is not None), 422
    return pages.to_page_of(found, "status.withdraw")


@status.get("/status/<mark>/withdraw")
@public(acts_as="status")
def withdraw(mark: str) -> ResponseReturnValue:
    """What withdrawing means, before it is done."""
    found = opened.behind(mark)
    if found is None:
        return pages.enter_anew()
    talk = by_pin.of(found, page_locale(), pages.today())
    if talk is None:
        return pages.to_page_of(found)
    return render_template(
        "services/withdraw_by_pin.html",
        row=representations.row(found, page_locale(), pages.today()),
        can_withdraw=talk.can_withdraw,
        paid=[one for one in payments.of_request(found, page_locale()) if one.can_be_refunded],
        form=pages.filled_in(found),
    )


@status.post("/status/act")
@with_pin
@limited("submissions", key=typed_reference)
def act() -> ResponseReturnValue:
    """Answer, write or withdraw without an account. The PIN comes along once more, since nobody is logged in."""
    (form, lookup, found), message = pages.typed(), MessageForm()
    if found is None:
        why = _("We found no request with this reference and PIN.") if message.message.data else ""
        return pages.page(form, None, message, not_sent=why, failed=lookup is not None), 422
    command = command_or_errors(message, Act)
    if command is None:
        return pages.page(form, found, message), 422
    try:
        with outcomes.told(command.message), transaction():
            by_pin.act(found, command)
    except RuleViolation as violation:
        add_errors(message, violation)
        return pages.page(form, found, message), 422
    except outcomes.NotSent as refused:
        return pages.page(form, found, message, not_sent=refused.why), 409
    return pages.to_page_of(found)
