"""What this room does by itself, and what it registers with the house."""

from datetime import timedelta

from config.settings import current_settings
from notifications.schedule import Job, Queue, register_job
from services.followers import register_follower
from services.payments import asking, fees, queries, unpaid
from services.timeline import register_source


def let_go_unpaid() -> int:
    """Withdraw requests whose fee has not been paid in time."""
    return unpaid.let_go(current_settings().payment_days)


def remind_of_unpaid() -> int:
    """Write to those who have left without paying."""
    return unpaid.remind(current_settings().payment_days)


def register() -> None:
    """Called once by the wiring."""
    register_follower("payments", fees.follow)
    register_source("payments", queries.refunds_of)
    register_job(Job("services.payments", timedelta(seconds=30), Queue.SERVICES, asking.look))
    register_job(Job("services.unpaid", timedelta(hours=1), Queue.SERVICES, let_go_unpaid, woken=False))
    register_job(Job("services.unpaid_yet", timedelta(minutes=20), Queue.SERVICES, remind_of_unpaid, woken=False))
