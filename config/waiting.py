"""What waits behind the entries of the staff's navigation: one number each, from the room that knows."""

from auth.actors import Actor
from care import queries as care_queries
from care.vocabulary import LineList
from config import clock, navigation
from config.settings import current_settings
from notifications import query_failures
from services import work_list
from services.work_filters import View


def register() -> None:
    """Show these numbers in the navigation."""
    navigation.register_count("care.cases", cases_to_look_at, "danger")
    navigation.register_count("casework.index", new_requests, "info")
    navigation.register_count("messages.index", query_failures.needing_attention, "warning")


def cases_to_look_at(actor: Actor) -> int:
    """People who feel ill or whose findings want a review."""
    return care_queries.number_in(actor, (LineList.SYMPTOMATIC, LineList.REVIEW_REQUIRED))


def new_requests(actor: Actor) -> int:
    """Requests that nobody has taken up yet."""
    today = clock.today(current_settings().zone)
    return work_list.counts(actor, today, [View.NEW])[View.NEW]
