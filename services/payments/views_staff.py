"""Payments for staff: refunds, what needs a hand, and the list for the cash office."""

from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext as _

from auth import audit
from auth.policies import current_actor, require
from auth.roles import Permission
from config import clock
from config.database import transaction
from config.downloads import download
from config.error_pages import translated
from config.errors import N_, DomainError, NotFound, RuleViolation
from config.exports import Cell, write_csv
from config.settings import current_settings
from services.definitions import catalogue
from services.payments import queries, refunds, settling

blueprint = Blueprint("payments_staff", __name__, template_folder="../templates")
HEADERS = ("Buchungstag", "Beleg", "Leistung", "Art", "Betrag in Euro", "Anbieter", "Kennung beim Anbieter")
KINDS = {"payment": "Zahlung", "refund": "Erstattung"}
MOST_DAYS = 400
YEARS = range(2000, 2100)  # a year that is half typed is 20 or 202, and no day lies before the first or after the last


def page_locale() -> str:
    return str(get_locale() or "de")


def _days() -> tuple[date, date]:
    """The span that was asked for; without one, this month so far. Raises RuleViolation for days of no such year."""
    today = clock.today(current_settings().zone)
    try:
        first = date.fromisoformat(request.args.get("first", ""))
        last = date.fromisoformat(request.args.get("last", ""))
    except ValueError:
        return today.replace(day=1), today
    for name, day in (("first", first), ("last", last)):
        if day.year not in YEARS:
            raise RuleViolation(name, N_("This date cannot be right."))
    first, last = min(first, last), max(first, last)
    return max(first, last - timedelta(days=MOST_DAYS)), last


def _slug() -> str | None:
    slug = request.args.get("service", "")
    return slug if slug in catalogue() else None


@blueprint.get("/staff/services/payments")
@require(Permission.REQUESTS_WORK, Permission.SERVICES_MANAGE)
def index() -> ResponseReturnValue:
    actor, locale = current_actor(), page_locale()
    first, last = _days()
    rows = [queries.shown(one, locale) for one in queries.listed(actor, _slug(), first, last)]
    troubled = [queries.shown(one, locale) for one in queries.troubled(actor)]
    _looked(len(rows) + len(troubled))
    return render_template(
        "services/payments.html",
        rows=rows,
        troubled=troubled,
        first=first.isoformat(),
        last=last.isoformat(),
        slug=_slug(),
        services=[(one.slug, one.title.to(locale)) for one in catalogue().values() if one.payment],
    )


@blueprint.get("/staff/services/payments.csv")
@require(Permission.REQUESTS_WORK, Permission.SERVICES_MANAGE)
def export() -> Response:
    """For the cash office: what came and went, without a name."""
    first, last = _days()
    bookings = queries.bookings(queries.listed(current_actor(), _slug(), first, last), first, last)
    rows: list[list[Cell]] = [[*booking[:3], KINDS[booking[3]], *booking[4:]] for booking in sorted(bookings)]
    _looked(len(rows))
    content = write_csv(HEADERS, rows, zone=current_settings().zone)
    return download(content, "text/csv", f"Zahlungen-{first.isoformat()}-{last.isoformat()}.csv")


@blueprint.post("/staff/requests/<reference>/payments/<int:number>/refund")
@require(Permission.REQUESTS_WORK)
def refund(reference: str, number: int) -> ResponseReturnValue:
    try:
        with transaction():
            refunds.ask(reference, number, request.form.get("reason", "")[:500], current_actor())
    except NotFound:
        raise
    except DomainError as error:
        flash(translated(error), "danger")
    else:
        flash(_("The refund is under way."), "success")
    return redirect(url_for("casework.show", reference=reference), 303)


@blueprint.post("/staff/services/payments/<uuid:payment_id>/settled")
@require(Permission.REQUESTS_WORK, Permission.SERVICES_MANAGE)
def settled(payment_id: UUID) -> ResponseReturnValue:
    """The money has been paid back in another way."""
    actor = current_actor()
    queries.troubled_one(actor, payment_id)
    try:
        with transaction():
            settling.by_hand(payment_id, actor)
    except NotFound:
        raise
    except DomainError as error:
        flash(translated(error), "danger")
    else:
        flash(_("Saved."), "success")
    return redirect(url_for(".index"), 303)


def _looked(count: int) -> None:
    actor = current_actor()
    codes = sorted(actor.department_codes)
    with transaction():
        for code in codes:
            audit.record(
                actor, "payments.listed", f"department:{code}", chain=audit.chain_of_department(code), items=count
            )
