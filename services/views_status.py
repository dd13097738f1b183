"""Status by reference and PIN, for whoever has no login: how it stands, what was said, and withdrawing."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import public
from config.database import transaction
from config.errors import RuleViolation
from config.forms import add_errors, command_or_errors
from config.limits import limit_failures, limited
from services import by_pin, opened, outcomes, pins, status_pages as pages
from services.commands import Act, Lookup
from services.forms import MessageForm, StatusForm

status = Blueprint("status", __name__, template_folder="templates")
blueprints = (status,)


def typed_reference(**_: str) -> str:
    return pins.counted(request.form.get("reference", ""))


@status.get("/status", endpoint="show")
@public
def show_status() -> ResponseReturnValue:
    return pages.asking(StatusForm(formdata=None))


@status.post("/status")
@public(acts_as="status")
@limit_failures("lookups_by_address")
@limit_failures("lookups", key=typed_reference)
def look_up() -> ResponseReturnValue:
    """One answer for a wrong reference and a wrong PIN, so that references cannot be tried out."""
    form = StatusForm()
    lookup = command_or_errors(form, Lookup)
    found = pins.pin_fits(lookup) if lookup else None
    if found is None:
        return pages.asking(form, failed=lookup is not None), 422
    return redirect(url_for(".opened", mark=opened.note(found)), 303)


@status.get("/status/open/<mark>", endpoint="opened")
@public(acts_as="status")
def show_opened(mark: str) -> ResponseReturnValue:
    """What reference and PIN have opened, until they have to be entered again."""
    found = opened.behind(mark)
    return pages.show(found, mark) if found else pages.to_form()


@status.post("/status/close")
@public
def close() -> ResponseReturnValue:
    """Nothing that was opened in this browser can be seen there any more without its PIN."""
    opened.close_all()
    flash(_("The page is closed. To see it again, enter reference and PIN."), "success")
    return redirect(url_for(".show"), 303)


@status.get("/status/open/<mark>/withdraw")
@public(acts_as="status")
def withdraw(mark: str) -> ResponseReturnValue:
    """What withdrawing means, before it is done."""
    found = opened.behind(mark)
    return pages.withdrawing(found, mark) if found else pages.to_form()


@status.post("/status/open/<mark>/act")
@public(acts_as="status")
@limited("submissions", key=opened.whose)
def act(mark: str) -> ResponseReturnValue:
    """Answer, write or withdraw without an account."""
    found, message = opened.behind(mark), MessageForm()
    if found is None:
        text = message.message.data
        return (pages.asking(StatusForm(formdata=None), text=text), 409) if text else pages.to_form()
    command = command_or_errors(message, Act)
    if command is None:
        return pages.show(found, mark, message), 422
    try:
        with outcomes.told(command), transaction():
            by_pin.act(found, command)
    except RuleViolation as violation:
        add_errors(message, violation)
        return pages.show(found, mark, message), 422
    except outcomes.NotSent as refused:
        return pages.show(found, mark, message, not_sent=refused.why), 409
    return redirect(url_for(".opened", mark=mark), 303)
