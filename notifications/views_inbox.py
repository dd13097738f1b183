"""Staff pages: the inbox, and the thread around each reply."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l
from wtforms import TextAreaField

from auth.policies import current_actor, require
from auth.roles import Permission
from config.database import transaction
from config.forms import BaseForm, accepting
from notifications import inbox as desk
from notifications.views import blueprint as messages


class AnswerForm(BaseForm):
    """A few lines by SMS."""

    text = TextAreaField(_l("Answer"))


@messages.get("/inbox")
@require(Permission.MESSAGES_ANSWER)
def inbox() -> ResponseReturnValue:
    """What waits for a person, oldest first."""
    actor, after = current_actor(), request.args.get("after", type=UUID)
    waiting, following = desk.page(actor, after)
    done = [] if after else desk.settled(actor)
    desk.note_listed(actor, [*waiting, *done])
    return render_template(
        "notifications/inbox.html",
        open=waiting,
        total=desk.waiting(actor),
        done=done,
        next_url=url_for("messages.inbox", after=following) if following else None,
        previous_url=url_for("messages.inbox") if after else None,
    )


@messages.route("/inbox/<uuid:inbound_id>", methods=["GET", "POST"])
@require(Permission.MESSAGES_ANSWER)
def answer(inbound_id: UUID) -> ResponseReturnValue:
    """The thread, and an answer."""
    actor, form = current_actor(), AnswerForm()
    if form.validate_on_submit():
        with accepting(form):
            with transaction():
                desk.answer(actor, inbound_id, form.text.data or "")
            flash(_("Your answer is on its way."), "success")
            return redirect(url_for("messages.inbox"))
    with transaction():
        shown, thread = desk.received(actor, inbound_id), desk.thread(actor, inbound_id)
    page = render_template("notifications/answer.html", form=form, received=shown, thread=thread)
    return page, 422 if form.errors else 200


@messages.post("/inbox/<uuid:inbound_id>/done")
@require(Permission.MESSAGES_ANSWER)
def put_aside(inbound_id: UUID) -> ResponseReturnValue:
    """Nothing to answer."""
    with transaction():
        desk.put_aside(current_actor(), inbound_id)
    flash(_("The reply was put aside."), "success")
    return redirect(url_for("messages.inbox"))
