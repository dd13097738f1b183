"""Who looked at my data: a page of one's own account."""

from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from auth import lookups
from auth.forms import ROLE_NAMES
from auth.policies import current_actor, require, user_id_of
from auth.roles import Permission

blueprint = Blueprint("looks", __name__, url_prefix="/account/looks", template_folder="templates")


@blueprint.get("")
@require(Permission.ACCOUNT_OWN)
def index() -> ResponseReturnValue:
    before = request.args.get("before", type=UUID)
    looks, following = lookups.who_looked(user_id_of(current_actor()), before)
    return render_template(
        "auth/looks.html",
        looks=looks,
        roles={role.value: name for role, name in ROLE_NAMES.items()},
        next_url=url_for("looks.index", before=following) if following else None,
        first_url=url_for("looks.index") if before else None,
    )
