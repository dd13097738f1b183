"""The organiser's page behind a link: guests are added, and nobody's name is shown. Looking changes nothing."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from auth.actors import Actor
from auth.policies import public
from care import occasion_pages, occasions
from care.guest_uploads import guests_in
from care.link_pages import gone, private
from care.occasion_forms import GuestsForm
from care.vocabulary import Source
from config.bodies import takes_files
from config.database import transaction
from config.forms import accepting
from config.limits import limit_failures, limited

blueprint = Blueprint("organiser", __name__, template_folder="templates")


def _link(token: str, **_: str) -> str:
    return token


@blueprint.get("/o/<token>")
@public(acts_as="organiser link")
@limit_failures("links_by_address")
@limited("links", key=_link)
def show(token: str) -> ResponseReturnValue:
    """Ask for the guests of the occasion."""
    found = occasions.behind(token)
    return _page(occasion_pages.for_organiser(found), GuestsForm(None)) if found else gone()


@blueprint.post("/o/<token>")
@public(acts_as="organiser link")
@limit_failures("links_by_address")
@limited("links", key=_link)
@takes_files
def add(token: str) -> ResponseReturnValue:
    """Put the guests on the list."""
    found, form = occasions.behind(token), GuestsForm()
    if found is None:
        return gone()
    guests = guests_in(form) if form.validate_on_submit() else None
    if guests is not None:
        with accepting(form):
            with transaction():
                locked = occasions.locked_occasion(found.id)
                actor = Actor.link(locked.reference)
                occasions.add_guests(guests, occasion=locked, actor=actor, source=Source.LINK)
            return redirect(url_for("organiser.thanks"), 303)
    return _page(occasion_pages.for_organiser(found), form)


@blueprint.get("/o/thanks")
@public
def thanks() -> ResponseReturnValue:
    """After a list. The same for everybody: it says nothing of any occasion."""
    return private(render_template("care/organiser/thanks.html"))


def _page(occasion: dict[str, Any], form: GuestsForm) -> ResponseReturnValue:
    page = render_template("care/organiser/form.html", form=form, occasion=occasion)
    return private(page, 422 if form.errors else 200)
