"""What the line lists' filters of samples and exposures mean in the database; `list_sql` is their table."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Exists, exists, or_

from care.assessment_models import LabResult
from care.course_models import Exposure
from care.list_conditions import Asked, Condition
from care.models import Case
from care.occasion_models import Guest, Occasion


def lab(value: Any, asked: Asked) -> Condition:
    """One sample that counts and is all that is asked for: its kind, its result, not older than so many days."""
    wanted = asked.wanted
    sample = exists().where(LabResult.case_id == Case.id, LabResult.removed_at.is_(None))
    if wanted.lab_kind:
        sample = sample.where(LabResult.kind == wanted.lab_kind)
    if wanted.lab_result:
        sample = sample.where(asked.marked(LabResult.outcome_mark, "lab", [wanted.lab_result.value]))
    if wanted.lab_days is not None:
        sample = sample.where(LabResult.sampled_on >= asked.today - timedelta(days=wanted.lab_days))
    return sample


def exposure_setting(value: str, asked: Asked) -> Condition:
    """Exposed in such surroundings, as far as that counts (any more)."""
    return _exposed().where(asked.marked(Exposure.setting_mark, "setting", [value]))


def occasion(value: str, asked: Asked) -> Condition:
    """On its guest list, or exposed there: the list goes earlier, and not all who were there are on it."""
    here = Occasion.reference == value, Occasion.office_id == Case.office_id  # a case may have come from elsewhere
    guest = exists().where(Guest.case_id == Case.id, Guest.occasion_id == Occasion.id, *here)
    return or_(guest, _exposed().where(Exposure.occasion_id == Occasion.id, *here))


def _exposed() -> Exists:
    return exists().where(Exposure.case_id == Case.id, Exposure.removed_at.is_(None))
