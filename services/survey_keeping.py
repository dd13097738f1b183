"""Answers to the survey: how long they are kept. They lead to nobody, so a receipt names the service alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from auth.actors import Actor
from auth.archive import Due
from auth.retention import Page, RecordType, page_of
from config import dependents
from config.errors import N_
from config.settings import current_settings
from services.survey_models import SurveyAnswer


def _answers(now: datetime, days: int, after: UUID | None, limit: int) -> Page:
    oldest = (now.astimezone(current_settings().zone).date() - timedelta(days=days)).replace(day=1)
    wanted = select(SurveyAnswer.id, SurveyAnswer.slug, SurveyAnswer.department_code, SurveyAnswer.month)
    return page_of(wanted.where(SurveyAnswer.month < oldest), SurveyAnswer.id, after, limit, _due)


def _due(row: Any) -> Due:
    since = datetime.combine(row.month, time(), UTC)
    return Due(row.id, since, (f"survey:{row.slug}",), f"department:{row.department_code}")


def _erase(found: Sequence[Due], actor: Actor) -> int:
    table: Any = SurveyAnswer.__table__
    return dependents.delete_with_dependents(table, [each.id for each in found])


RECORD_TYPE = RecordType(
    "services.survey", N_("Services: answers to the survey (they lead to nobody)"), 1096, N_("the month of the answer"),
    N_("Anonymous; kept to compare years."), due=_answers, erase=_erase, place="department",
)  # fmt: skip
