"""The settings of data protection: who answers for the data, how long it is kept, how long the archive may think."""

import json
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

from config import setting_checks
from config.errors import N_

LONGEST_DAYS = 36_500


class PrivacySettings(BaseSettings):
    """Part of `Settings`. Empty contacts are filled in from the city's name where they are shown (`auth.notices`)."""

    privacy_controller: str = Field(default="", max_length=500)
    privacy_officer: str = Field(default="", max_length=500)
    privacy_authority: str = Field(default="", max_length=500)
    retention: Annotated[dict[str, int], NoDecode] = Field(default_factory=dict)
    archive_answer_days: int = Field(default=183, ge=1, le=3650)

    @field_validator("retention", mode="before")
    @classmethod
    def _days_by_type(cls, value: Any) -> Any:
        try:
            found = json.loads(value) if isinstance(value, str) else value
            days = dict(found or {})
        except (ValueError, TypeError):
            days = {"": 0}
        if not all(
            name and isinstance(each, int) and not isinstance(each, bool) and 1 <= each <= LONGEST_DAYS
            for name, each in days.items()
        ):
            raise setting_checks.Wrong(N_('must be JSON with days by type of record such as {{"care.symptoms": 14}}'))
        return days
