"""What is to be done next with a case, and why: the most urgent of all that waits. Pure.

An ordered table: the first row that applies is the answer. It decides nothing; officers may do something else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from care.vocabulary import RUNNING_ORDERS, FindingCode, LineList, OrderState
from config.errors import N_

DAY = timedelta(days=1)
SILENT = (LineList.NON_REPORTING,)


class NextCode(StrEnum):
    REVIEW = "review"
    TASK = "task"
    CONVERT = "convert"
    ANSWER = "answer"
    HELP = "help"
    CALL = "call"
    WRITE_ORDER = "write_order"
    END_OF_ORDER = "end_of_order"
    LOOK_AGAIN = "look_again"
    COMPLETE = "complete"
    COMPLETE_DAYS = "complete_days"


@dataclass(frozen=True)
class Waiting:
    """A finding, a task or a request for help that waits: its code, by when, and whether that is over."""

    code: str
    due_at: datetime | None = None
    is_late: bool = False


@dataclass(frozen=True)
class NextFacts:
    """What the rule looks at. `today`: the jurisdiction's local day; `in_vain`: attempts since we last heard.

    `replied_at`: when the oldest message of theirs came that nobody has answered; `wrong_since`: when a number or
    address was found to be wrong that nobody has corrected; `missing`: what is not known of the person, and
    `missing_days` of the case.
    """

    is_open: bool
    today: date
    line_list: LineList | None
    heard_at: datetime
    findings: Sequence[Waiting] = ()
    tasks: Sequence[Waiting] = ()
    support: Sequence[Waiting] = ()
    positive_on: date | None = None
    replied_at: datetime | None = None
    in_vain: int = 0
    wrong_since: datetime | None = None
    order_state: OrderState | None = None
    order_ends_on: date | None = None
    letter_lacks_address: bool = False
    follow_up_on: date | None = None
    missing: Sequence[str] = ()
    missing_days: Sequence[str] = ()


@dataclass(frozen=True)
class NextAction:
    """What to do. `inputs` fill the reason; `code`: of the finding, task or request that waits."""

    what: NextCode
    reason: str
    inputs: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    is_urgent: bool = False


TITLES: dict[NextCode, str] = {
    NextCode.REVIEW: N_("Review the finding"),
    NextCode.TASK: N_("Do the task"),
    NextCode.CONVERT: N_("Decide about the positive result"),
    NextCode.ANSWER: N_("Read and answer the message"),
    NextCode.HELP: N_("See to the request for help"),
    NextCode.CALL: N_("Call the person"),
    NextCode.WRITE_ORDER: N_("Issue the order in writing"),
    NextCode.END_OF_ORDER: N_("Decide about the end of the order"),
    NextCode.LOOK_AGAIN: N_("Look at the case again"),
    NextCode.COMPLETE: N_("Fill in what is missing"),
    NextCode.COMPLETE_DAYS: N_("Fill in what is missing"),
}
ANCHORS: dict[NextCode, str] = {
    NextCode.REVIEW: "act-review",
    NextCode.TASK: "tasks",
    NextCode.CONVERT: "act-convert",
    NextCode.ANSWER: "talk",
    NextCode.HELP: "support",
    NextCode.CALL: "call",
    NextCode.WRITE_ORDER: "act-order",
    NextCode.END_OF_ORDER: "act-order",
    NextCode.LOOK_AGAIN: "timeline",
    NextCode.COMPLETE: "act-person",
    NextCode.COMPLETE_DAYS: "act-dates",
}

ELSEWHERE = {
    FindingCode.MISSING_CHECK_IN,
    FindingCode.MONITORING_ENDING,
    FindingCode.ORDER_ENDING,
    FindingCode.MISSING_DETAILS,
    FindingCode.UNREACHABLE,
    FindingCode.OPTED_OUT,
}
"""Findings that other rows of the table speak of, or that no review ends."""


def _overdue_finding(facts: NextFacts) -> NextAction | None:
    late = next((one for one in facts.findings if one.is_late), None)
    if late is None:
        return None
    return NextAction(NextCode.REVIEW, N_("Nobody has reacted in time."), code=late.code, is_urgent=True)


def _late_task(facts: NextFacts) -> NextAction | None:
    late = next((one for one in facts.tasks if one.is_late), None)
    if late is None:
        return None
    return NextAction(NextCode.TASK, N_("It was due {at}."), {"at": late.due_at}, late.code, is_urgent=True)


def _positive(facts: NextFacts) -> NextAction | None:
    if facts.positive_on is None:
        return None
    reason = N_("A sample of {on} was positive, and the case is not that of an infected person.")
    return NextAction(NextCode.CONVERT, reason, {"on": facts.positive_on}, is_urgent=True)


def _unanswered(facts: NextFacts) -> NextAction | None:
    if facts.replied_at is None:
        return None
    return NextAction(NextCode.ANSWER, N_("It has waited since {at}; no rule has read it."), {"at": facts.replied_at})


def _open_finding(facts: NextFacts) -> NextAction | None:
    medical = next((one for one in facts.findings if one.code not in ELSEWHERE), None)
    if medical is None:
        return None
    if medical.due_at is None:
        return NextAction(NextCode.REVIEW, N_("Nobody has judged it yet."), code=medical.code)
    return NextAction(NextCode.REVIEW, N_("To be reviewed by {at}."), {"at": medical.due_at}, medical.code)


def _open_task(facts: NextFacts) -> NextAction | None:
    first = min(facts.tasks, key=lambda one: (one.due_at is None, one.due_at), default=None)
    if first is None:
        return None
    if first.due_at is None:
        return NextAction(NextCode.TASK, N_("It is open."), code=first.code)
    return NextAction(NextCode.TASK, N_("It is due {at}."), {"at": first.due_at}, first.code)


def _late_help(facts: NextFacts) -> NextAction | None:
    late = next((one for one in facts.support if one.is_late), None)
    if late is None:
        return None
    return NextAction(NextCode.HELP, N_("It was due {at}."), {"at": late.due_at}, late.code, is_urgent=True)


def _wrong_address(facts: NextFacts) -> NextAction | None:
    if facts.wrong_since is None:
        return None
    return NextAction(
        NextCode.COMPLETE, N_("The number or address was found to be wrong on {at}."), {"at": facts.wrong_since}
    )


def _silent(facts: NextFacts) -> NextAction | None:
    if facts.line_list not in SILENT:
        return None
    inputs = {"at": facts.heard_at, "number": facts.in_vain}
    if facts.in_vain:
        return NextAction(NextCode.CALL, N_("Not heard from since {at}; tried in vain: {number}."), inputs)
    return NextAction(NextCode.CALL, N_("Not heard from since {at}."), inputs)


def _verbal_order(facts: NextFacts) -> NextAction | None:
    if facts.order_state is not OrderState.VERBAL:
        return None
    return NextAction(NextCode.WRITE_ORDER, N_("The order was given by word of mouth alone."))


def _no_address(facts: NextFacts) -> NextAction | None:
    if not facts.letter_lacks_address:
        return None
    return NextAction(NextCode.COMPLETE, N_("A letter about the order waits, and no address is known."))


def _order_ends(facts: NextFacts) -> NextAction | None:
    if facts.order_ends_on is None or facts.order_state not in RUNNING_ORDERS:
        return None
    if facts.order_ends_on > facts.today + DAY:
        return None
    return NextAction(NextCode.END_OF_ORDER, N_("The order ends on {on}."), {"on": facts.order_ends_on})


def _follow_up(facts: NextFacts) -> NextAction | None:
    if facts.follow_up_on is None or facts.follow_up_on > facts.today:
        return None
    return NextAction(
        NextCode.LOOK_AGAIN, N_("Somebody wanted to look at it again on {on}."), {"on": facts.follow_up_on}
    )


def _waiting_help(facts: NextFacts) -> NextAction | None:
    if not facts.support:
        return None
    first = facts.support[0]
    return NextAction(NextCode.HELP, N_("It is due {at}."), {"at": first.due_at}, first.code)


def _missing_details(facts: NextFacts) -> NextAction | None:
    if not any(one.code == FindingCode.MISSING_DETAILS for one in facts.findings):
        return None
    known = {"details": [*facts.missing, *facts.missing_days]}
    what = NextCode.COMPLETE_DAYS if facts.missing_days and not facts.missing else NextCode.COMPLETE
    return NextAction(what, N_("Not known: {details}."), known)


ROWS: tuple[Callable[[NextFacts], NextAction | None], ...] = (
    _overdue_finding,
    _late_task,
    _positive,
    _unanswered,
    _open_finding,
    _open_task,
    _late_help,
    _wrong_address,
    _silent,
    _verbal_order,
    _no_address,
    _order_ends,
    _follow_up,
    _waiting_help,
    _missing_details,
)


def next_action(facts: NextFacts) -> NextAction | None:
    """The most urgent thing to do; None when nothing waits or the case is closed.

    Source: what cannot be made good comes first: an overdue finding, a late task, a positive result; then what
    somebody wrote in their own words, which may say anything; then what waits for a judgement, then silence, then
    papers.
    """
    if not facts.is_open:
        return None
    return next((found for row in ROWS if (found := row(facts)) is not None), None)
