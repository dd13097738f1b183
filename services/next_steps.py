"""What happens next with a request, in plain words, and by when. Pure."""

from dataclasses import dataclass
from datetime import date

from config.errors import N_
from services.lifecycle import RequestStatus as S


@dataclass(frozen=True)
class NextStep:
    """A msgid with its parameters; `day` is the day that counts, None where there is none; `is_yours`: theirs to do."""

    text: str
    day: date | None = None
    is_yours: bool = False


_TEXTS: dict[S, str] = {
    S.DRAFT: N_("You have not sent this application yet. Complete it and send it."),
    S.SUBMITTED: N_("We have received your request. A caseworker will look at it next; you need not do anything."),
    S.AWAITING_PAYMENT: N_("Please pay the fee. We begin as soon as the payment has arrived."),
    S.IN_REVIEW: N_("A caseworker is looking at your request. You need not do anything."),
    S.NEEDS_INFORMATION: N_("We have a question. Please answer it, so that we can go on."),
    S.APPROVED: N_("Your request has been approved. You need not do anything more here."),
    S.REJECTED: N_("Your request has been rejected. The decision says why, and what you can do about it."),
    S.WITHDRAWN: N_("You have withdrawn this request. Nothing more happens; you can apply again at any time."),
    S.CLOSED: N_("This request is closed. Nothing more happens."),
}
_REPORT_TEXTS: dict[S, str] = _TEXTS | {
    S.DRAFT: N_("You have not sent this report yet. Complete it and send it."),
    S.SUBMITTED: N_("We have received your report. A caseworker will look at it next; you need not do anything."),
    S.IN_REVIEW: N_("A caseworker is looking at your report. You need not do anything."),
    S.APPROVED: N_("Your report has been seen to. You need not do anything more here."),
    S.REJECTED: N_("We have answered your report: it is not done. Our answer says why."),
    S.WITHDRAWN: N_("You have withdrawn this report. Nothing more happens; you can report it again at any time."),
    S.CLOSED: N_("This report is closed. Nothing more happens."),
}
_YOURS = frozenset({S.DRAFT, S.AWAITING_PAYMENT, S.NEEDS_INFORMATION})


def next_step(
    status: S, *, due_on: date | None = None, answer_due_on: date | None = None, is_report: bool = False
) -> NextStep:
    """What is next for the applicant: by when the office decides, or until when they should answer."""
    day = answer_due_on if status is S.NEEDS_INFORMATION else decided_by(status, due_on)
    return NextStep((_REPORT_TEXTS if is_report else _TEXTS)[status], day, status in _YOURS)


def promise(*, is_report: bool) -> str:
    """The sentence that names the day: of a report nothing is decided, it is seen to."""
    return N_("We see to it by %(day)s.") if is_report else N_("We decide by %(day)s.")


def decided_by(status: S, due_on: date | None) -> date | None:
    """Until when the office decides; None while it waits for somebody else, or has decided."""
    return due_on if status in (S.SUBMITTED, S.IN_REVIEW) else None
