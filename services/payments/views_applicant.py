"""Paying: to the provider's page, back from it, and the receipt."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from auth.policies import current_actor, require
from auth.roles import Permission
from config.downloads import download
from config.error_pages import translated
from config.errors import DomainError, NotFound
from config.limits import limited
from config.security import allow_form_target
from services import queries as requests
from services.definitions import ServiceDefinition
from services.payments import asking, queries, receipts, registry, starting

blueprint = Blueprint("payments", __name__, template_folder="../templates")
WAITING_REFRESH_S = 5


def page_locale() -> str:
    return str(get_locale() or "de")


def _applicant(**_: str) -> str:
    return current_actor().id


@blueprint.app_context_processor
def helpers() -> dict[str, Any]:
    """For the parts of pages that show payments: of a request by its reference what is due, and what was paid; of an
    application what it will cost.
    """
    return {
        "payment_due": _due,
        "payments_of": _payments,
        "payment_ahead": _ahead,
        "pays_online": lambda: registry.provider() is not None,
    }


def _due(reference: str) -> queries.Due | None:
    found = queries.due(requests.get(current_actor(), reference), page_locale())
    provider = registry.provider()
    if found is not None and provider is not None:
        allow_form_target(provider.page_origin)  # the answer to the form leads there, and browsers ask the policy
    return found


def _ahead(definition: ServiceDefinition, answers: Mapping[str, Any]) -> queries.Ahead | None:
    return queries.ahead(definition, answers, current_actor(), page_locale())


def _payments(reference: str) -> list[queries.Shown]:
    return queries.of_request(requests.get(current_actor(), reference), page_locale())


@blueprint.post("/requests/<reference>/payment")
@require(Permission.REQUESTS_OWN)
@limited("submissions", key=_applicant)
def pay(reference: str) -> ResponseReturnValue:
    """To the provider's page; the browser says nothing of what is to be paid."""
    actor = current_actor()
    requests.get(actor, reference, among=requests.own_requests)
    try:
        address = starting.begin(reference, actor)
    except NotFound:
        raise
    except DomainError as error:
        flash(translated(error), "warning")
        return redirect(url_for("requests.show", reference=reference), 303)
    return redirect(address, 303)


@blueprint.get("/requests/<reference>/payment")
@require(Permission.REQUESTS_OWN)
def returned(reference: str) -> ResponseReturnValue:
    """Back from the provider's page. What the address says is not believed: the provider is asked."""
    actor = current_actor()
    found = requests.get(actor, reference, among=requests.own_requests)
    open_one = starting.to_pay(found)
    cancelled = request.args.get("back") == "cancelled"
    if open_one is not None and not cancelled:
        asking.ask_now(open_one.id)
        found = requests.get(actor, reference, among=requests.own_requests)
        open_one = starting.to_pay(found)
    if open_one is None:
        return redirect(url_for("requests.show", reference=reference), 303)
    due = _due(reference)
    page = render_template(
        "services/payment_return.html", reference=reference, due=due, cancelled=cancelled or not (due and due.begun)
    )
    headers = {} if cancelled or not (due and due.begun) else {"Refresh": str(WAITING_REFRESH_S)}
    return page, 200, headers


@blueprint.get("/requests/<reference>/payments/<int:number>/receipt.pdf")
@require(Permission.REQUESTS_OWN, Permission.REQUESTS_WORK)
def receipt(reference: str, number: int) -> ResponseReturnValue:
    payment = queries.own(current_actor(), reference, number)
    if payment.paid_at is None:
        raise NotFound()
    return download(receipts.receipt(payment), "application/pdf", f"Zahlungsbeleg-{payment.reference}.pdf")
