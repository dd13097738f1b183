"""Saved views of the line lists: a shelf of `auth.saved_views`. Writing is inside `transaction()`."""

from auth import audit
from auth.actors import Actor
from auth.roles import Permission
from auth.saved_views import Shelf
from care.list_filters import ListCases
from care.list_models import SavedView
from care.list_pages import with_defaults
from care.queries import count_up_to


def _count(actor: Actor, values: dict[str, str], limit: int) -> int:
    return count_up_to(actor, ListCases.model_validate(with_defaults(values)), limit)


SHELF = Shelf(
    rows=SavedView,
    wanted=ListCases,
    placed=lambda actor: SavedView.office_id.in_(actor.offices_for(Permission.CASES_SEE)),
    chain_of=lambda row: audit.chain_of_office(row.office_id),
    word="view",
    count=_count,
)
