"""Orders as pages: open work on them, one step for many, papers to print. Adds its addresses to `views_staff`."""

from typing import Any, get_args
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, ngettext
from pydantic import ValidationError

from auth.policies import current_actor, require
from auth.roles import Permission
from care import order_queries, order_rounds, order_words, trail
from care.commands import OrderEvent
from care.order_forms import PostedForm, RoundForm, references_in
from care.order_queries import ListOrders, Work
from care.views_staff import blueprint as staff
from config import clock
from config.downloads import download
from config.error_pages import translated
from config.errors import NotFound, RuleViolation
from config.forms import BaseForm, accepting, command_or_errors
from config.settings import current_settings

TONES = {"verbal": "warning", "lost": "danger", "ending": "info", "waiting": "warning", "court": "danger"}


@staff.get("/orders/")
@require(Permission.CASES_SEE)
def orders_list() -> ResponseReturnValue:
    """The open work on orders; what ends first stands on top."""
    given = {name: value for name, value in request.args.items() if value and name in ("work", "after")}
    try:
        wanted = ListOrders.model_validate(given)
        return _list_page(wanted)
    except (ValidationError, RuleViolation):  # an address written by hand, or by another version
        return redirect(url_for("care.orders_list"))


@staff.route("/orders/round", methods=["GET", "POST"])
@require(Permission.CASES_ORDER)
def order_round() -> ResponseReturnValue:
    """One step for many orders: named, then shown with what it would do to each, then, confirmed, taken."""
    form = RoundForm().offer_all()
    if request.method == "GET" or request.form.get("begin"):
        return render_template("care/order_round.html", form=RoundForm(None, data=_begun()).offer_all(), planned=None)
    command = command_or_errors(form, OrderEvent) if form.validate_on_submit() else None
    if command is not None:
        with accepting(form):
            return _issue(form, command) if request.form.get("confirmed") == "1" else _preview(form, command)
    return render_template("care/order_round.html", form=form, planned=None), 422


@staff.post("/orders/print")
@require(Permission.CASES_ORDER)
def print_order_papers() -> ResponseReturnValue:
    """The papers of those that were chosen, or of all that wait, as one PDF for the printer; `again`: printed ones."""
    actor, form = current_actor(), BaseForm()
    if form.validate_on_submit():
        pdf = order_rounds.print_papers(_chosen("print"), actor, again=request.form.get("again") == "1")
        if pdf is not None:
            return download(pdf, "application/pdf", f"Anordnungen-{clock.now():%Y-%m-%d-%H%M}.pdf")
        flash(_("There is nothing to print."), "info")
    return _back("print")


@staff.post("/orders/posted")
@require(Permission.CASES_ORDER)
def papers_posted() -> ResponseReturnValue:
    """Printed papers were given to the post: from then on it is known from when they count."""
    actor, form = current_actor(), PostedForm()
    if not form.validate_on_submit() or form.given_on.data is None:
        flash(_("Please say on which day."), "danger")
        return _back("post")
    try:
        number = order_rounds.give_to_post(_chosen("post"), form.given_on.data, actor)
        flash(ngettext("%(num)d paper was noted.", "%(num)d papers were noted.", number), "success")
    except RuleViolation as error:
        flash(translated(error), "danger")
    return _back("post")


@staff.post("/orders/letters/<any(first, release):kind>")
@require(Permission.CASES_CONTACT)
def print_letters(kind: str) -> ResponseReturnValue:
    """First letters or release letters for the cases that were chosen, as one PDF for the printer."""
    actor, form = current_actor(), BaseForm()
    pdf, chosen = None, [*request.form.getlist("case"), *references_in(request.form.get("cases", ""))]
    if form.validate_on_submit():
        try:
            pdf = order_rounds.print_letters(kind, chosen, actor)
        except RuleViolation as error:
            flash(translated(error), "danger")
    if pdf is not None:
        return download(pdf, "application/pdf", f"Schreiben-{clock.now():%Y-%m-%d-%H%M}.pdf")
    return _back("ending")


def _list_page(wanted: ListOrders) -> str:
    actor = current_actor()
    page = order_queries.list_orders(actor, wanted)
    rows = order_queries.rows(page.items)
    known = order_queries.numbers(actor)
    trail.looked(actor, "cases.orders_listed", page.items, work=wanted.work)
    posted = PostedForm(None, data={"given_on": clock.today(current_settings().zone)})
    return render_template(
        "care/orders.html",
        rows=rows,
        work=wanted.work,
        tabs=[_tab(work, known[work], current=work == wanted.work) for work in order_queries.WORK],
        actor=actor,
        Permission=Permission,
        posted_form=posted,
        next_url=url_for("care.orders_list", work=wanted.work, after=page.next) if page.next else None,
        previous_url=url_for("care.orders_list", work=wanted.work) if wanted.after else None,
    )


def _tab(work: str, count: int, *, current: bool) -> dict[str, Any]:
    tone = TONES.get(work, "neutral") if count else "neutral"
    url = url_for("care.orders_list", work=work)
    return {"label": _(order_words.ORDER_WORK[work]), "url": url, "current": current, "count": count, "tone": tone}


def _begun() -> dict[str, Any]:
    """The cases to begin with: those that a list has sent, that a file has brought, or that were at an occasion."""
    named = request.form.getlist("case")
    actor, file, occasion = current_actor(), request.args.get("file", type=UUID), request.args.get("occasion")
    if file is not None:
        named = list(order_rounds.of_import(file, actor))
    elif occasion:
        named = list(order_rounds.of_occasion(occasion, actor))
    return {"cases": "\n".join(named), "event": request.form.get("event") or "issue_written"}


def _preview(form: RoundForm, command: OrderEvent) -> str:
    actor, references = current_actor(), form.references()
    planned = order_rounds.plan(references, command, actor)
    shown = [one.reference for one in planned]
    missing = sorted({one.upper() for one in references} - set(shown))
    order_rounds.looked_at(actor, shown)
    return render_template(
        "care/order_round.html",
        form=form,
        planned=[one for one in planned if one.refused is None],
        refused=[(one, translated(one.refused)) for one in planned if one.refused is not None],
        missing=missing,
        event=command.event.value,
    )


def _issue(form: RoundForm, command: OrderEvent) -> ResponseReturnValue:
    issued = order_rounds.issue_many(
        form.references(), command, current_actor(), shown=set(request.form.get("shown", "").split())
    )
    text = ngettext("%(num)d order was noted.", "%(num)d orders were noted.", len(issued.done))
    flash(f"{text} {_('Their papers are being made.')}" if command.event != "issue_verbal" else text, "success")
    for reference, error in issued.refused:
        flash(f"{reference}: {translated(error)}", "warning")
    return _back("verbal" if command.event == "issue_verbal" else "print")


def _chosen(work: Work) -> list[str]:
    """The references of the cases that were ticked, or of the whole list."""
    whole = request.form.get("all") == "1"
    return list(order_rounds.references_with(current_actor(), work)) if whole else request.form.getlist("case")


def _back(work: str) -> ResponseReturnValue:
    if work not in get_args(Work):
        raise NotFound()
    return redirect(url_for("care.orders_list", work=work), 303)
