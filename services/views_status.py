"""Status by reference and PIN, for whoever has no login: how it stands, what was said, and withdrawing."""

from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.access import View
from auth.policies import public
from config import clock
from config.database import transaction
from config.errors import RuleViolation
from config.forms import add_errors, command_or_errors
from config.limits import limit_failures, limited
from config.localisation import page_locale
from config.settings import current_settings
from services import by_pin, outcomes, pins, representations
from services.commands import Act, Lookup
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
    return _status_page(StatusForm(formdata=None), None)[0]


@status.post("/status")
@with_pin
def look_up() -> ResponseReturnValue:
    """One answer for a wrong reference and a wrong PIN, so that references cannot be tried out."""
    form, lookup = _typed()
    return _status_page(form, lookup)


@status.post("/status/withdraw")
@with_pin
def withdraw() -> ResponseReturnValue:
    """What withdrawing means, before it is done; changes nothing. The PIN comes along, so this is no GET."""
    form, lookup = _typed()
    found = pins.pin_fits(lookup) if lookup else None
    talk = by_pin.of(found, page_locale(), _today()) if found else None
    if found is None or talk is None:
        return _status_page(form, lookup)
    return render_template(
        "services/withdraw_by_pin.html",
        row=representations.row(found, page_locale(), _today()),
        can_withdraw=talk.can_withdraw,
        paid=[one for one in payments.of_request(found, page_locale()) if one.can_be_refunded],
        form=form,
    )


@status.post("/status/act")
@with_pin
@limited("submissions", key=typed_reference)
def act() -> ResponseReturnValue:
    """Answer, write or withdraw without an account. The PIN comes along once more, since nobody is logged in."""
    (form, lookup), message = _typed(), MessageForm()
    found = pins.pin_fits(lookup) if lookup else None
    command = command_or_errors(message, Act) if found else None
    if found is None:
        why = _("We found no request with this reference and PIN.") if message.message.data else ""
        return _status_page(form, lookup, message, not_sent=why)[0], 422
    if command is None:
        return _status_page(form, lookup, message)[0], 422
    try:
        with outcomes.told(command.message), transaction():
            by_pin.act(found, command)
    except RuleViolation as violation:
        add_errors(message, violation)
        return _status_page(form, lookup, message)[0], 422
    except outcomes.NotSent as refused:
        return _status_page(form, lookup, message, not_sent=refused.why)[0], 409
    return _status_page(form, lookup)


def _typed() -> tuple[StatusForm, Lookup | None]:
    form = StatusForm()
    return form, command_or_errors(form, Lookup)


def _status_page(
    form: StatusForm, lookup: Lookup | None, message: MessageForm | None = None, *, not_sent: str = ""
) -> tuple[str, int]:
    """The page, and its status: whether reference and PIN fit. `not_sent`: why what was written has not been taken."""
    found = pins.pin_fits(lookup) if lookup else None
    page = render_template(
        "services/status.html",
        form=form,
        found=representations.row(found, page_locale(), _today()) if found else None,
        failed=lookup is not None and found is None,
        has_receipt=found is not None and found.applicant_id is None,
        talk=by_pin.of(found, page_locale(), _today()) if found else None,
        message=message or MessageForm(formdata=None),
        not_sent=not_sent,
    )
    return page, 200 if found else 422


def _today() -> date:
    return clock.today(current_settings().zone)
