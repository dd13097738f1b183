"""Saved views of the work list: a shelf of `auth.saved_views`. Writing is inside `transaction()`."""

from auth import audit
from auth.actors import Actor
from auth.roles import Permission
from auth.saved_views import Shelf
from config import clock
from config.settings import current_settings
from services import work_list
from services.work_filters import ListRequests, with_defaults
from services.work_models import WorkView


def _count(actor: Actor, values: dict[str, str], limit: int) -> int:
    today = clock.today(current_settings().zone)
    return work_list.count_up_to(actor, ListRequests.model_validate(with_defaults(values)), today, limit)


SHELF = Shelf(
    rows=WorkView,
    wanted=ListRequests,
    placed=lambda actor: WorkView.department_code.in_(actor.departments_for(Permission.REQUESTS_WORK)),
    chain_of=lambda row: audit.chain_of_department(row.department_code),
    word="work_view",
    count=_count,
)
