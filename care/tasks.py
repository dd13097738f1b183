"""Care's regular work. Each job finds its own rows; running it twice, or two at once, does no harm."""

from datetime import timedelta
from pathlib import Path

from care import asking, check_ins, digest, order_notices, reachability, reassessing, releases, transfer
from care.message_titles import TITLES
from care.page_words import link_to_case
from config import clock
from notifications.inbound import register_reply_handler
from notifications.inbox import register_link
from notifications.outcomes import register_outcome_handler
from notifications.rendering import register_templates
from notifications.schedule import Job, Queue, register_job
from notifications.template_titles import register_titles

TEMPLATES = Path(__file__).parent / "templates" / "messages"
EVERY = timedelta(seconds=20)


def register() -> None:
    """Make care's templates, handlers and jobs known. Called once by the wiring."""
    register_templates("care", TEMPLATES)
    register_titles(TITLES)
    register_reply_handler(check_ins.reply_by_sms)
    register_link(link_to_case)
    register_outcome_handler(reachability.delivery_outcome, reachability.worth_telling)
    clock.when_set_back(reassessing.look_again)
    register_job(Job("care.reassess", EVERY, Queue.CARE, reassessing.reassess_due))
    register_job(Job("care.check_ins", EVERY, Queue.CARE, asking.send_due))
    register_job(Job("care.releases", timedelta(minutes=1), Queue.CARE, releases.release_due))
    register_job(Job("care.transfers", timedelta(minutes=5), Queue.CARE, transfer.expire_due))
    register_job(Job("care.order_papers", EVERY, Queue.CARE, order_notices.make_due))
    register_job(Job("care.digest", timedelta(minutes=5), Queue.CARE, digest.send_digests))
