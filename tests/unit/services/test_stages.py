"""Which time limit counts for which outcome."""

import pytest

from services.definition_parts import Retention
from services.form.fields import Text
from services.lifecycle import RequestStatus
from services.stages import days_of, shortest


def kept(**days: int) -> Retention:
    return Retention.model_validate({"note": Text(de="Wir speichern."), "file_days": 731} | days)


@pytest.mark.parametrize(
    ("outcome", "days"),
    [
        (RequestStatus.APPROVED, 731),
        (RequestStatus.REJECTED, 400),
        (RequestStatus.WITHDRAWN, 30),
        (RequestStatus.CLOSED, 731),
    ],
)
def test_each_stage_has_its_own_time(outcome: RequestStatus, days: int) -> None:
    assert days_of(kept(withdrawn_days=30, rejected_days=400), outcome) == days


def test_a_stage_without_a_number_takes_that_of_the_file() -> None:
    assert days_of(kept(), RequestStatus.WITHDRAWN) == 731
    assert (shortest(kept()), shortest(kept(withdrawn_days=30))) == (731, 30)
