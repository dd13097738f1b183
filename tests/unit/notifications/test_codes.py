"""Provider codes mean something to us, in one table."""

import pytest

from notifications.channels.base import OptedOut, Permanent, Temporary, Unknown
from notifications.channels.codes import meaning_of
from notifications.channels.sms import _from_answer
from notifications.statuses import Meaning


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "21211", Permanent),
        (400, "21614", Permanent),
        (400, "21610", OptedOut),
        (400, "21408", Permanent),
        (400, "21611", Temporary),
        (429, "20429", Temporary),
        (429, "12345", Temporary),
        (401, "20003", Temporary),
        (500, "20500", Unknown),
        (503, "503", Unknown),
        (404, "20404", Permanent),
    ],
)
def test_answers(status: int, code: str, kind: type) -> None:
    assert isinstance(_from_answer(status, code), kind)


def test_receipts_of_unknown_codes_are_rejections() -> None:
    assert meaning_of("30005") is Meaning.OTHER_CHANNEL
    assert meaning_of("99999") is Meaning.REJECTED
    assert meaning_of(None) is Meaning.REJECTED
