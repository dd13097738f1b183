"""What may happen to a request: one table that pages, API and tests read. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from config.errors import N_, Forbidden, InvalidTransition


class RequestStatus(StrEnum):
    """The request statuses of the contract."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AWAITING_PAYMENT = "awaiting_payment"
    IN_REVIEW = "in_review"
    NEEDS_INFORMATION = "needs_information"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Action(StrEnum):
    SUBMIT = "submit"
    CHECK_OUT = "check_out"
    PAY = "pay"
    TAKE = "take"
    ASK = "ask"
    ANSWER = "answer"
    RESUME = "resume"
    WRITE = "write"
    REPLY = "reply"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    REOPEN = "reopen"
    ASSIGN = "assign"
    HAND_ON = "hand_on"
    PRIORITISE = "prioritise"
    UNPRIORITISE = "unprioritise"
    PROPOSE_APPROVE = "propose_approve"
    PROPOSE_REJECT = "propose_reject"
    SEND_BACK = "send_back"
    MARK_DUPLICATE = "mark_duplicate"
    UNMARK_DUPLICATE = "unmark_duplicate"
    ANSWER_DUPLICATE = "answer_duplicate"


class Party(StrEnum):
    APPLICANT = "applicant"
    CASEWORKER = "caseworker"
    SYSTEM = "system"


@dataclass(frozen=True)
class Transition:
    """One row of the table: who may take a request where by this action."""

    to: RequestStatus
    by: Party


S, A, P = RequestStatus, Action, Party

TABLE: dict[tuple[RequestStatus, Action], Transition] = {
    (S.DRAFT, A.SUBMIT): Transition(S.SUBMITTED, P.APPLICANT),
    (S.DRAFT, A.CHECK_OUT): Transition(S.AWAITING_PAYMENT, P.APPLICANT),
    (S.AWAITING_PAYMENT, A.PAY): Transition(S.SUBMITTED, P.SYSTEM),
    (S.AWAITING_PAYMENT, A.WITHDRAW): Transition(S.WITHDRAWN, P.APPLICANT),
    (S.SUBMITTED, A.TAKE): Transition(S.IN_REVIEW, P.CASEWORKER),
    (S.IN_REVIEW, A.ASK): Transition(S.NEEDS_INFORMATION, P.CASEWORKER),
    (S.NEEDS_INFORMATION, A.ANSWER): Transition(S.IN_REVIEW, P.APPLICANT),
    (S.NEEDS_INFORMATION, A.RESUME): Transition(S.IN_REVIEW, P.CASEWORKER),
    (S.IN_REVIEW, A.APPROVE): Transition(S.APPROVED, P.CASEWORKER),
    (S.IN_REVIEW, A.REJECT): Transition(S.REJECTED, P.CASEWORKER),
    (S.SUBMITTED, A.WITHDRAW): Transition(S.WITHDRAWN, P.APPLICANT),
    (S.IN_REVIEW, A.WITHDRAW): Transition(S.WITHDRAWN, P.APPLICANT),
    (S.NEEDS_INFORMATION, A.WITHDRAW): Transition(S.WITHDRAWN, P.APPLICANT),
    (S.APPROVED, A.CLOSE): Transition(S.CLOSED, P.CASEWORKER),
    (S.REJECTED, A.CLOSE): Transition(S.CLOSED, P.CASEWORKER),
    (S.WITHDRAWN, A.CLOSE): Transition(S.CLOSED, P.CASEWORKER),
    (S.APPROVED, A.REOPEN): Transition(S.IN_REVIEW, P.CASEWORKER),
    (S.REJECTED, A.REOPEN): Transition(S.IN_REVIEW, P.CASEWORKER),
    (S.WITHDRAWN, A.REOPEN): Transition(S.IN_REVIEW, P.CASEWORKER),
    (S.CLOSED, A.REOPEN): Transition(S.IN_REVIEW, P.CASEWORKER),
    # Four eyes: proposed by one, and approved, rejected or sent back by another.
    (S.IN_REVIEW, A.PROPOSE_APPROVE): Transition(S.IN_REVIEW, P.CASEWORKER),
    (S.IN_REVIEW, A.PROPOSE_REJECT): Transition(S.IN_REVIEW, P.CASEWORKER),
    (S.IN_REVIEW, A.SEND_BACK): Transition(S.IN_REVIEW, P.CASEWORKER),
    # In another department it is new once more; a question that is out stays out.
    (S.SUBMITTED, A.HAND_ON): Transition(S.SUBMITTED, P.CASEWORKER),
    (S.AWAITING_PAYMENT, A.HAND_ON): Transition(S.AWAITING_PAYMENT, P.CASEWORKER),
    (S.IN_REVIEW, A.HAND_ON): Transition(S.SUBMITTED, P.CASEWORKER),
    (S.NEEDS_INFORMATION, A.HAND_ON): Transition(S.NEEDS_INFORMATION, P.CASEWORKER),
}
TALKING = (S.SUBMITTED, S.IN_REVIEW, S.NEEDS_INFORMATION, S.APPROVED, S.REJECTED)
"""Statuses in which both sides can write to each other; a message changes nothing."""
TABLE |= {(status, A.WRITE): Transition(status, P.CASEWORKER) for status in TALKING}
TABLE |= {(status, A.REPLY): Transition(status, P.APPLICANT) for status in TALKING}

DECISIONS = frozenset({A.APPROVE, A.REJECT})
PROPOSALS: dict[Action, Action] = {A.PROPOSE_APPROVE: A.APPROVE, A.PROPOSE_REJECT: A.REJECT}
"""What is proposed by which action, where a service asks for four eyes."""
OF_THE_FORM = frozenset({A.SUBMIT, A.CHECK_OUT, A.PAY})
"""What handing in and paying do; nobody does it with a button of its own."""
MESSAGE_REQUIRED = frozenset(
    {A.ASK, A.ANSWER, A.REJECT, A.WRITE, A.REPLY, A.REOPEN, A.PROPOSE_REJECT, A.SEND_BACK, A.HAND_ON}
)
OPEN = frozenset({S.SUBMITTED, S.AWAITING_PAYMENT, S.IN_REVIEW, S.NEEDS_INFORMATION})
"""Statuses in which the office still owes the applicant something."""
AT_THE_OFFICE = OPEN - {S.AWAITING_PAYMENT}
"""What the office works on: as long as it is not paid, it has not come."""
WITHIN_THE_OFFICE = (A.ASSIGN, A.PRIORITISE, A.UNPRIORITISE, A.MARK_DUPLICATE, A.UNMARK_DUPLICATE)
TABLE |= {(status, action): Transition(status, P.CASEWORKER) for status in sorted(OPEN) for action in WITHIN_THE_OFFICE}
# Whoever still has to pay for it could be answered only by letting the fee go.
del TABLE[S.AWAITING_PAYMENT, A.MARK_DUPLICATE]
# Once the original is answered, the house answers what was marked as the same.
TABLE |= {(status, A.ANSWER_DUPLICATE): Transition(S.CLOSED, P.SYSTEM) for status in sorted(AT_THE_OFFICE)}
OF_APPLICANTS = frozenset(action for (_, action), row in TABLE.items() if row.by is P.APPLICANT)
"""What is only ever done by whoever handed it in."""
WRITING = (A.ANSWER, A.REPLY)
"""With which applicants say something."""
INTERNAL = frozenset({*WITHIN_THE_OFFICE, *PROPOSALS, A.SEND_BACK, A.HAND_ON})
"""What the office does among itself: applicants see neither that it was done nor what was said."""

STATUS_LABELS: dict[RequestStatus, str] = {
    S.DRAFT: N_("Draft"),
    S.SUBMITTED: N_("Submitted"),
    S.AWAITING_PAYMENT: N_("Waiting for payment"),
    S.IN_REVIEW: N_("In review"),
    S.NEEDS_INFORMATION: N_("We have a question"),
    S.APPROVED: N_("Approved"),
    S.REJECTED: N_("Rejected"),
    S.WITHDRAWN: N_("Withdrawn"),
    S.CLOSED: N_("Closed"),
}

ACTION_LABELS: dict[Action, str] = {
    A.SUBMIT: N_("Request submitted"),
    A.CHECK_OUT: N_("Fee asked for"),
    A.PAY: N_("Fee paid, request submitted"),
    A.TAKE: N_("Review started"),
    A.ASK: N_("Question from the office"),
    A.ANSWER: N_("Answer to the question"),
    A.RESUME: N_("Review continued"),
    A.WRITE: N_("Message from the office"),
    A.REPLY: N_("Message from the applicant"),
    A.APPROVE: N_("Request approved"),
    A.REJECT: N_("Request rejected"),
    A.WITHDRAW: N_("Request withdrawn"),
    A.CLOSE: N_("Request closed"),
    A.REOPEN: N_("Request taken up anew"),
    A.ASSIGN: N_("Assigned"),
    A.HAND_ON: N_("Handed to another department"),
    A.PRIORITISE: N_("Marked as urgent"),
    A.UNPRIORITISE: N_("No longer urgent"),
    A.PROPOSE_APPROVE: N_("Approval proposed"),
    A.PROPOSE_REJECT: N_("Rejection proposed"),
    A.SEND_BACK: N_("Proposal sent back"),
    A.MARK_DUPLICATE: N_("Marked as a duplicate"),
    A.UNMARK_DUPLICATE: N_("No longer marked as a duplicate"),
    A.ANSWER_DUPLICATE: N_("Answered together with another request"),
}
REPORT_LABELS: dict[Action, str] = ACTION_LABELS | {
    A.SUBMIT: N_("Report sent"),
    A.REPLY: N_("Message from whoever reported"),
    A.APPROVE: N_("Report seen to"),
    A.REJECT: N_("Report answered: not done"),
    A.PROPOSE_APPROVE: N_("Proposed: seen to"),
    A.PROPOSE_REJECT: N_("Proposed: not done"),
    A.WITHDRAW: N_("Report withdrawn"),
    A.CLOSE: N_("Report closed"),
    A.REOPEN: N_("Report taken up anew"),
    A.ANSWER_DUPLICATE: N_("Answered together with another report"),
}
"""The same for a report: whatever is not asked of the city but told to it."""
_REPORT_STATUS_LABELS = STATUS_LABELS | {S.APPROVED: N_("Seen to"), S.REJECTED: N_("Not done")}
_STAFF_STATUS_LABELS: dict[RequestStatus, str] = {S.NEEDS_INFORMATION: N_("Question asked")}
"""Where the office reads something else than those whom it writes to."""

_OUTCOMES: dict[Action, str] = {A.APPROVE: N_("Approval"), A.REJECT: N_("Rejection")}
_REPORT_OUTCOMES: dict[Action, str] = {A.APPROVE: N_("Seen to"), A.REJECT: N_("Not done")}
EITHER_STATUS_LABELS = (
    STATUS_LABELS | _STAFF_STATUS_LABELS | {S.APPROVED: N_("Approved / seen to"), S.REJECTED: N_("Rejected / not done")}
)
"""The statuses where the office has requests and reports in one list."""


def outcome_label(outcome: Action, *, is_report: bool) -> str:
    """What people read for the outcome of a decision, or of what is proposed as one, an English msgid."""
    return (_REPORT_OUTCOMES if is_report else _OUTCOMES)[outcome]


def status_label(status: RequestStatus, *, is_report: bool, for_staff: bool = False) -> str:
    """What people read for `status`, an English msgid."""
    labels = _REPORT_STATUS_LABELS if is_report else STATUS_LABELS
    return (labels | _STAFF_STATUS_LABELS if for_staff else labels)[status]


def next_status(status: RequestStatus, action: Action, party: Party) -> RequestStatus:
    """Where `action` takes a request in `status`.

    Raises InvalidTransition when the table has no such row, Forbidden when the row belongs to somebody else.
    """
    row = TABLE.get((status, action))
    if row is None:
        raise InvalidTransition(action.value, status.value)
    if party not in (row.by, Party.SYSTEM):
        raise Forbidden()
    return row.to


def actions(status: RequestStatus, party: Party) -> tuple[Action, ...]:
    """What `party` can do with a request in `status`, in the table's order: the buttons of a page."""
    return tuple(action for (at, action), row in TABLE.items() if at is status and row.by is party)
