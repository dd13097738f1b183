"""Care's regular work. Each job finds its own rows; running it twice, or two at once, does no harm."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from auth.actors import Actor
from care import check_ins, digest, follow_up, order_notices, reachability, releases
from care.assessment_models import WITH_FACTS
from care.assessments import reassess
from care.models import Case
from care.page_words import link_to_case
from care.queries import to_reassess
from config import clock
from config.database import claimable, db, transaction
from notifications.inbound import register_reply_handler
from notifications.inbox import register_link
from notifications.outcomes import register_outcome_handler
from notifications.rendering import register_templates
from notifications.schedule import Job, Queue, register_job

BATCH = 100
TEMPLATES = Path(__file__).parent / "templates" / "messages"
EVERY = timedelta(seconds=20)


def reassess_due() -> int:
    """Assess anew what time, or a newer version of the rules, may have changed; one batch. Returns how many cases."""
    now = clock.now()
    case_ids = to_reassess(now, BATCH)
    if not case_ids:
        return 0
    with transaction():
        wanted = select(Case).options(*WITH_FACTS).where(Case.id.in_(case_ids)).order_by(Case.id)
        cases = db.session.scalars(claimable(wanted)).all()
        for case in cases:
            if case.is_open:
                follow_up.react(case, reassess(case, now), Actor.system("care.reassess"))
        return len(cases)


def register() -> None:
    """Make care's templates, handlers and jobs known. Called once by the wiring."""
    register_templates("care", TEMPLATES)
    register_reply_handler(check_ins.reply_by_sms)
    register_link(link_to_case)
    register_outcome_handler(reachability.delivery_outcome, reachability.worth_telling)
    register_job(Job("care.reassess", EVERY, Queue.CARE, reassess_due))
    register_job(Job("care.check_ins", EVERY, Queue.CARE, check_ins.send_due))
    register_job(Job("care.releases", timedelta(minutes=1), Queue.CARE, releases.release_due))
    register_job(Job("care.order_papers", EVERY, Queue.CARE, order_notices.make_due))
    register_job(Job("care.digest", timedelta(minutes=5), Queue.CARE, digest.send_digests))
