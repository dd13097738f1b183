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
}
TALKING = (S.SUBMITTED, S.IN_REVIEW, S.NEEDS_INFORMATION, S.APPROVED, S.REJECTED)
"""Statuses in which both sides can write to each other; a message changes nothing."""
TABLE |= {(status, A.WRITE): Transition(status, P.CASEWORKER) for status in TALKING}
TABLE |= {(status, A.REPLY): Transition(status, P.APPLICANT) for status in TALKING}

DECISIONS = frozenset({A.APPROVE, A.REJECT})
MESSAGE_REQUIRED = frozenset({A.ASK, A.ANSWER, A.REJECT, A.WRITE, A.REPLY})
OPEN = frozenset({S.SUBMITTED, S.AWAITING_PAYMENT, S.IN_REVIEW, S.NEEDS_INFORMATION})
"""Statuses in which the office still owes the applicant something."""

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
}


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
