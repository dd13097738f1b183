"""What this room does by itself, and what it registers with the house."""

from datetime import timedelta

from notifications.outcomes import register_outcome_handler
from notifications.schedule import Job, Queue, register_job
from services.checking import register_check
from services.followers import register_follower
from services.handover import bounces, digest, following, work
from services.handover.email import ByEmail
from services.handover.fit_connect import FitConnect
from services.handover.registry import faults, register_plugin
from services.handover.webhook import Webhook


def register_ways() -> None:
    """Make the ways known, and what each asks for to who checks the services' files."""
    for plugin in (ByEmail(), Webhook(), FitConnect()):
        register_plugin(plugin)
    register_check(faults)


def register() -> None:
    """Called once by the wiring."""
    register_ways()
    register_follower("handover", following.follow)
    register_outcome_handler(bounces.became, bounces.worth_telling)
    register_job(Job("services.handover", timedelta(minutes=1), Queue.SERVICES, work.hand_over))
    register_job(Job("services.handover_digest", timedelta(minutes=30), Queue.SERVICES, digest.send, woken=False))
