"""What is said about a request that belongs to no account: read and answered with its reference and PIN."""

from dataclasses import dataclass, replace
from datetime import date

from auth.actors import Actor
from config.errors import Forbidden, NotFound
from services import casework, notices, queries, representations, versions
from services.commands import Act
from services.conversation import Message
from services.lifecycle import DECISIONS, Action
from services.models import ServiceRequest

BY_PIN = (Action.ANSWER, Action.REPLY)


@dataclass(frozen=True)
class Talk:
    """What the page shows: messages without their files, the open question, the answer, and how to write now ("").

    `is_told`: whether its writer hears of news by e-mail or text message.
    """

    is_told: bool
    messages: list[Message]
    question: str | None
    answer_due_on: date | None
    is_answer_late: bool
    answer: str
    action: str


def of(request: ServiceRequest, locale: str, today: date) -> Talk | None:
    """What both sides have said; None for a request with an account, which has a page of its own."""
    if request.applicant_id is not None:
        return None
    shown = representations.detail(request, _holder(request), locale, today)
    return Talk(
        is_told=bool(notices.recipients_of(request)),
        messages=[replace(one, files=()) for one in shown.messages],
        question=shown.question,
        answer_due_on=shown.answer_due_on,
        is_answer_late=shown.is_answer_late,
        answer=_answer(request),
        action=next((one.value for one in BY_PIN if one.value in shown.actions), ""),
    )


def write(request: ServiceRequest, command: Act) -> None:
    """Answer the question, or write to the office. Inside `transaction()`; the caller has compared the PIN.

    The same words once more, with nothing in between, are a page that was loaded anew: they count once. Raises NotFound
    for a request with an account, Forbidden for any other act, and what `casework.act` raises.
    """
    if request.applicant_id is not None:
        raise NotFound()
    if command.action not in BY_PIN:
        raise Forbidden()
    holder = _holder(request)
    events = queries.get_for_update(holder, request.reference).events
    if not events or (events[-1].action, events[-1].message) != (command.action, command.message):
        casework.act(request.reference, command, holder)


def _answer(request: ServiceRequest) -> str:
    """The answer of a service without a paper. A decision on paper is announced by the paper alone."""
    if request.decided_at is None or versions.of(request).decision is not None:
        return ""
    return next((one.message or "" for one in reversed(request.events) if one.action in DECISIONS), "")


def _holder(request: ServiceRequest) -> Actor:
    return Actor.link(queries.holder_of(request), request.locale)
