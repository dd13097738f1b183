"""Pages for service managers: what is on offer, and how a service does. Joins `views_caseworker`."""

from dataclasses import astuple
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date, get_locale, gettext as _

from auth.policies import current_actor, require
from auth.roles import Permission
from config import clock
from config.charts import bar_chart
from config.database import transaction
from config.downloads import download
from config.errors import Conflict
from config.exports import Cell, write_csv
from config.forms import command_or_errors
from config.localisation import local_number
from config.settings import current_settings
from services import offering, queries, statistics, survey
from services.commands import ChangeOffer
from services.offer_forms import OfferForm
from services.offering import Offer
from services.statistics import Month
from services.views_caseworker import catalogue


@catalogue.get("/staff/services/", endpoint="index")
@require(Permission.SERVICES_MANAGE)
def index() -> ResponseReturnValue:
    """The services of one's departments, and how each stands."""
    actor, today = current_actor(), clock.today(current_settings().zone)
    rows = [
        {"offer": offer, "now": statistics.standing(actor, offer.definition.slug, today)}
        for offer in offering.manageable(actor)
    ]
    return render_template(
        "services/catalogue.html",
        rows=rows,
        opinions=survey.overall(actor),
        departments={one.code: one.name for one in queries.departments()},
        locale=str(get_locale() or "de"),
    )


@catalogue.get("/staff/services/<slug>/offer")
@require(Permission.SERVICES_MANAGE)
def offer(slug: str) -> ResponseReturnValue:
    found = offering.managed(current_actor(), slug)
    form = OfferForm(None, is_published=found.is_published, maintenance=found.maintenance, revision=str(found.revision))
    return _offer_page(found, form)


@catalogue.post("/staff/services/<slug>/offer")
@require(Permission.SERVICES_MANAGE)
def change_offer(slug: str) -> ResponseReturnValue:
    """Publish, take out, put into maintenance. Whoever was overtaken by a colleague sees what they had typed."""
    actor, form = current_actor(), OfferForm()
    found = offering.managed(actor, slug)
    command = command_or_errors(form, ChangeOffer)
    if command is None:
        return _offer_page(found, form), 422
    try:
        with transaction():
            offering.change(slug, command, actor)
    except Conflict:
        form.revision.data = str(offering.managed(actor, slug).revision)
        flash(_("Somebody else has changed this in the meantime. Please look at it and save again."), "warning")
        return _offer_page(offering.managed(actor, slug), form), 409
    flash(_("Saved."), "success")
    return redirect(url_for("catalogue.index"), 303)


@catalogue.get("/staff/services/<slug>/numbers")
@require(Permission.SERVICES_STATISTICS)
def numbers(slug: str) -> ResponseReturnValue:
    actor, found = current_actor(), offering.managed(current_actor(), slug)
    today = clock.today(current_settings().zone)
    months = statistics.months_of(actor, slug, today)
    received = sum(one.received for one in months)
    by_month, opinions = survey.in_months(actor, slug, [one.first for one in months])
    return render_template(
        "services/numbers.html",
        offer=found,
        locale=str(get_locale() or "de"),
        now=statistics.standing(actor, slug, today),
        durations=statistics.durations(actor, slug, today, found.definition.deadline.working_days),
        received=received,
        steps=statistics.steps_of(found.definition, today),
        online=round(100 * sum(one.online for one in months) / received) if received else None,
        months=list(zip(months, by_month, strict=True)),
        opinions=opinions,
        chart=_chart(months, _ended(found)),
    )


@catalogue.get("/staff/services/<slug>/numbers.csv")
@require(Permission.SERVICES_STATISTICS)
def numbers_csv(slug: str) -> ResponseReturnValue:
    """The numbers of the months as a file: counts, and nothing of anybody."""
    actor, found = current_actor(), offering.managed(current_actor(), slug)
    today = clock.today(current_settings().zone)
    months = statistics.months_of(actor, slug, today)
    by_month, _together = survey.in_months(actor, slug, [one.first for one in months])
    rows: list[tuple[Cell, ...]] = [
        # A spreadsheet in German takes 4.2 for a day in February.
        (*astuple(month), told.answers, local_number(told.average))
        for month, told in zip(months, by_month, strict=True)
    ]
    header = [_("Month"), _("Received"), _("Handed in online"), _ended(found)]
    header += [_("Answers to the survey"), _("Satisfaction (1 bad, 5 good)")]
    content = write_csv(header, rows, zone=current_settings().zone)
    return download(content, "text/csv", f"{found.definition.slug}.csv")


def _offer_page(found: Offer, form: OfferForm) -> str:
    return render_template(
        "services/offer.html",
        offer=found,
        form=form,
        locale=str(get_locale() or "de"),
    )


def _ended(found: Offer) -> str:
    """What is counted at the end: where no paper follows nothing is decided, it is answered."""
    return str(_("Decided") if found.definition.decision is not None else _("Answered"))


def _chart(months: list[Month], ended: str) -> dict[str, Any]:
    labels = [format_date(one.first, "MMM yy") for one in months]
    lines = [[one.received for one in months], [one.decided for one in months]]
    return {"drawn": bar_chart(labels, lines), "names": [_("Received"), ended]}
