"""Staff pages of how sending runs: search by address, failures by cause, the queue, statistics.

They join the blueprint of `views`.
"""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _, lazy_gettext as _l, ngettext
from wtforms import StringField

from auth.policies import current_actor, require
from auth.roles import Permission
from config.charts import bar_chart
from config.database import transaction
from config.errors import NotFound
from config.forms import BaseForm, accepting
from notifications import desk, failures as decisions, query_failures, query_queue, query_statistics
from notifications.labels import PRIORITIES, QUEUES
from notifications.preferences import recipient_index
from notifications.query_failures import Group
from notifications.query_statistics import Period
from notifications.statuses import Channel, Meaning, Status
from notifications.views import blueprint as messages


class RecipientForm(BaseForm):
    """A phone number or an e-mail address."""

    recipient = StringField(_l("Phone number or e-mail address"))


@messages.post("/search")
@require(Permission.MESSAGES_VIEW)
def search() -> ResponseReturnValue:
    """Messages to one address. What is asked for does not enter the address: that stands in logs and histories."""
    form = RecipientForm()
    if form.validate_on_submit():
        with accepting(form):
            return redirect(url_for("messages.index", recipient=recipient_index(form.recipient.data or "").hex()))
    return render_template("notifications/search.html", form=form)


@messages.get("/search")
@require(Permission.MESSAGES_VIEW)
def search_form() -> ResponseReturnValue:
    return render_template("notifications/search.html", form=RecipientForm())


@messages.post("/<uuid:message_id>/aside")
@require(Permission.MESSAGES_VIEW)
def put_message_aside(message_id: UUID) -> ResponseReturnValue:
    with transaction():
        decisions.put_aside(current_actor(), message_id)
    flash(_("The message is put aside."), "success")
    return redirect(url_for("messages.show", message_id=message_id))


@messages.get("/failures")
@require(Permission.MESSAGES_VIEW)
def failures() -> ResponseReturnValue:
    return render_template("notifications/failures.html", groups=query_failures.failures(current_actor()))


@messages.get("/failures/group")
@require(Permission.MESSAGES_VIEW)
def failure_group() -> ResponseReturnValue:
    group = _group()
    actor = current_actor()
    lines, older = query_failures.of_group(actor, group, request.args.get("before", type=UUID))
    desk.note_listed(actor, [failed.line for failed in lines], searched=False)
    return render_template(
        "notifications/failure_group.html",
        group=group,
        lines=lines,
        older=older,
    )


@messages.post("/failures/group/again")
@require(Permission.MESSAGES_VIEW)
def try_group_again() -> ResponseReturnValue:
    """The chosen messages, or all of the group."""
    actor, group = current_actor(), _group()
    with transaction():
        if request.form.get("all"):
            count = decisions.try_group_again(actor, group)
        else:
            count = decisions.try_these_again(actor, _chosen())
    flash(
        ngettext("%(num)s message is on its way once more.", "%(num)s messages are on their way once more.", count),
        "success" if count else "info",
    )
    return _back_to(group)


@messages.post("/failures/group/aside")
@require(Permission.MESSAGES_VIEW)
def put_group_aside() -> ResponseReturnValue:
    """The chosen messages, or all of the group."""
    actor, group = current_actor(), _group()
    with transaction():
        if request.form.get("all"):
            count = decisions.put_group_aside(actor, group)
        else:
            count = decisions.put_these_aside(actor, _chosen())
    flash(
        ngettext("%(num)s message is put aside.", "%(num)s messages are put aside.", count),
        "success" if count else "info",
    )
    return _back_to(group)


@messages.get("/queue")
@require(Permission.MESSAGES_VIEW, Permission.SYSTEM_VIEW)
def queue() -> ResponseReturnValue:
    return render_template(
        "notifications/queue.html", state=query_queue.queue_state(), priorities=PRIORITIES, queues=QUEUES
    )


@messages.get("/statistics")
@require(Permission.MESSAGES_VIEW)
def statistics() -> ResponseReturnValue:
    found = query_statistics.statistics(current_actor(), request.args.get("period", Period.DAY, type=Period))
    labels = [f"{slot.begins:%H}" if found.period is Period.DAY else f"{slot.begins:%d.%m.}" for slot in found.slots]
    return render_template(
        "notifications/statistics.html",
        found=found,
        throughput=bar_chart(labels, [[slot.created for slot in found.slots], [slot.sent for slot in found.slots]]),
        arrival=bar_chart(labels, [[slot.delivered for slot in found.slots], [slot.failed for slot in found.slots]]),
    )


def _group() -> Group:
    """The group that the address or the form names. Raises NotFound for one that cannot be."""
    asked = request.values
    try:
        return Group(
            Status(asked.get("status", "")),
            Meaning(asked.get("cause", "")),
            asked.get("code", "").replace("\0", "")[:40],
            Channel(asked.get("channel", "")),
        )
    except ValueError:
        raise NotFound() from None


def _chosen() -> list[UUID]:
    return request.form.getlist("chosen", type=UUID)


def _back_to(group: Group) -> ResponseReturnValue:
    """The group's page while something is left there, else all groups."""
    if query_failures.of_group(current_actor(), group)[0]:
        return redirect(url_for("messages.failure_group", **group.address))
    return redirect(url_for("messages.failures"))
