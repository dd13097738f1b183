"""What care holds of somebody who logs in: for who looked, for the copy of their data, for the end of their account."""

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from auth.actors import Actor
from auth.holdings import Holding, Kept, register_holding
from care import case_management, case_parts, naming_queries, occasion_pages, representations, trail
from care.models import Case
from care.own_cases import ASSURANCE, OWN_CASE, end_link, standing
from config import scopes
from config.errors import N_

HOW_STAFF_WORK = (
    *("because", "findings", "priority", "line_list", "reassess_at", "risk_level", "monitoring_plan"),
    *("assigned_to", "assigned_name", "follow_up_on", "follow_up_note", "revision"),
)


def _subjects(user_id: UUID) -> Sequence[str]:
    with scopes.within(OWN_CASE):
        return [f"case:{link.case.reference}" for link in standing(user_id)]


def _export(user_id: UUID) -> Iterable[tuple[str, bytes]]:
    """The case as the API shows it, in the person's own terms, with everything they reported, and their papers."""
    with scopes.within(OWN_CASE):
        cases = [link.case for link in standing(user_id)]
        files = [file for case in cases for file in _files_of(case)]
    return files


def _files_of(case: Case) -> Iterable[tuple[str, bytes]]:
    known = representations.case_json(case)
    for internal in HOW_STAFF_WORK:
        known.pop(internal, None)
    others = {"named_contacts": naming_queries.export_json(case), "occasions": occasion_pages.export_json(case)}
    content = {"schema": 1, "case": known, **case_parts.chosen(case, case_parts.THEIR_OWN), **others}
    yield f"{case.reference}/case.json", json.dumps(content, ensure_ascii=False, indent=2).encode()
    for document in case.documents:
        if document.content is not None:
            yield f"{case.reference}/{document.file_name}", document.content


def _assurance(user_id: UUID) -> str:
    """Health data leave only for somebody who is surely known, as on the pages of one's own case."""
    with scopes.within(OWN_CASE):
        return ASSURANCE if standing(user_id) else ""


def _note_copy(user_id: UUID, actor: Actor) -> None:
    with scopes.within(OWN_CASE):
        trail.looked(actor, "own_case.copied", [link.case for link in standing(user_id)])


def _erase(user_id: UUID, actor: Actor) -> Sequence[Kept]:
    kept = _stays(user_id)
    with scopes.within(OWN_CASE):
        for link in standing(user_id):
            end_link(link, case_management.locked_case(link.case_id), actor)
    return kept


def _stays(user_id: UUID) -> Sequence[Kept]:
    with scopes.within(OWN_CASE):
        references = [link.case.reference for link in standing(user_id)]
    return [Kept(KEPT, KEPT_BECAUSE, {"reference": reference}) for reference in references]


KEPT = N_("Case {reference} of the health office")
KEPT_BECAUSE = N_("The health office must keep it for as long as the law says. Your login is no longer linked to it.")


def register() -> None:
    """Let own pages know what care holds of somebody. Called once by the wiring."""
    register_holding(Holding("care", _subjects, _export, _erase, _stays, _assurance, _note_copy))
