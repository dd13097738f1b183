"""Staff pages: the list of addresses to which nothing is sent."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import SelectField, StringField

from auth.policies import current_actor, require
from auth.roles import Permission
from config.database import transaction
from config.forms import BaseForm, accepting
from notifications import suppressions as domain
from notifications.suppression_labels import SOURCES
from notifications.views import blueprint as messages


class AddForm(BaseForm):
    """An address to close, and why."""

    address = StringField(_l("Phone number or e-mail address"), render_kw={"autocomplete": "off"})
    reason = SelectField(_l("Reason"), validate_choice=False)

    def offer(self) -> "AddForm":
        self.reason.choices = [("", _("Please choose")), *((one, _(SOURCES[one])) for one in domain.REASONS)]
        return self


class SearchForm(BaseForm):
    """Found by the whole address only, and never in an address of ours: browsers and proxies keep those."""

    address = StringField(_l("Phone number or e-mail address"), render_kw={"autocomplete": "off"})


@messages.get("/suppressions")
@require(Permission.SUPPRESSIONS_MANAGE)
def suppressions() -> ResponseReturnValue:
    """All closed addresses, newest first."""
    before = request.args.get("before", type=UUID)
    entries, following = domain.page(current_actor(), before)
    return _list(
        entries=entries,
        next_url=url_for("messages.suppressions", before=following) if following else None,
        previous_url=url_for("messages.suppressions") if before else None,
    )


@messages.post("/suppressions/search")
@require(Permission.SUPPRESSIONS_MANAGE)
def search_suppressions() -> ResponseReturnValue:
    """Whether this very address is closed."""
    form, entries, searched = SearchForm(prefix="search"), [], False
    if form.validate_on_submit():
        with accepting(form):
            entries, searched = domain.search(current_actor(), form.address.data or ""), True
    return _list(entries=entries, search=form, searched=searched), 422 if form.errors else 200


@messages.post("/suppressions")
@require(Permission.SUPPRESSIONS_MANAGE)
def add_suppression() -> ResponseReturnValue:
    """Close an address."""
    actor, form = current_actor(), AddForm(prefix="add").offer()
    if form.validate_on_submit():
        with accepting(form):
            with transaction():
                domain.add(actor, form.address.data or "", form.reason.data or "")
            flash(_("Nothing is sent to this address any more."), "success")
            return redirect(url_for("messages.suppressions"))
    return _list(entries=domain.page(actor)[0], add=form), 422


@messages.get("/suppressions/<uuid:entry_id>")
@require(Permission.SUPPRESSIONS_MANAGE)
def suppression(entry_id: UUID) -> ResponseReturnValue:
    """One entry, and the question whether to lift it."""
    entry = domain.details(current_actor(), entry_id)
    return render_template("notifications/suppression.html", entry=entry, standing=entry.bases)


@messages.post("/suppressions/<uuid:entry_id>/lift")
@require(Permission.SUPPRESSIONS_MANAGE)
def lift_suppression(entry_id: UUID) -> ResponseReturnValue:
    """Open an address again."""
    with transaction():
        domain.lift(current_actor(), entry_id)
    flash(_("This address gets messages again."), "success")
    return redirect(url_for("messages.suppressions"))


def _list(**values: object) -> str:
    usual: dict[str, object] = {"add": AddForm(None, prefix="add").offer(), "search": SearchForm(None, prefix="search")}
    usual |= {"searched": False, "next_url": None, "previous_url": None}
    return render_template("notifications/suppressions.html", **(usual | values))
