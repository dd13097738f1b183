"""One's own account: what we hold, and where one is logged in."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth import audit, queries, sessions
from auth.account_sections import sections
from auth.house_session import current_session
from auth.policies import current_actor, require, user_id_of
from auth.roles import Permission
from config.database import transaction
from config.errors import NotFound

blueprint = Blueprint("account", __name__, url_prefix="/account", template_folder="templates")


@blueprint.get("/")
@require(Permission.ACCOUNT_OWN)
def index() -> ResponseReturnValue:
    user_id = user_id_of(current_actor())
    login = current_session().login
    return render_template(
        "auth/account.html",
        own=queries.own_data(user_id),
        sessions=queries.sessions_of(user_id),
        current=login.id if login else None,
        sections=sections(current_actor()),
    )


@blueprint.post("/sessions/<uuid:session_id>/end")
@require(Permission.ACCOUNT_OWN)
def end_session(session_id: UUID) -> ResponseReturnValue:
    actor = current_actor()
    with transaction():
        if not sessions.end(session_id, user_id_of(actor)):
            raise NotFound()
        audit.record(actor, "session.ended", f"user:{actor.id}")
    flash(_("This login has ended."), "success")
    return redirect(url_for("account.index"), code=303)


@blueprint.post("/sessions/end-others")
@require(Permission.ACCOUNT_OWN)
def end_other_sessions() -> ResponseReturnValue:
    actor, login = current_actor(), current_session().login
    with transaction():
        sessions.end_all(user_id_of(actor), except_id=login.id if login else None)
        audit.record(actor, "session.others_ended", f"user:{actor.id}")
    flash(_("You are now logged in only here."), "success")
    return redirect(url_for("account.index"), code=303)
