"""What its reference and PIN open of a request that belongs to no account: what is said, and what can be done."""

from dataclasses import dataclass, replace
from datetime import date

from auth.actors import Actor
from auth.assurance import at_least
from config.errors import Forbidden, NotFound
from services import casework, notices, queries, representations, rights, versions
from services.commands import Act
from services.conversation import Message
from services.lifecycle import DECISIONS, WRITING, Action
from services.models import RequestEvent, ServiceRequest

BY_PIN = (*WRITING, Action.WITHDRAW)


@dataclass(frozen=True)
class Talk:
    """What the page shows: messages without their files, the open question, the answer, and how to write now ("").

    `is_told`: whether its writer hears of news by e-mail or text message. `can_withdraw`: whether they may do so here.
    """

    is_told: bool
    messages: list[Message]
    question: str | None
    answer_due_on: date | None
    is_answer_late: bool
    answer: str
    action: str
    can_withdraw: bool


def of(request: ServiceRequest, locale: str, today: date) -> Talk | None:
    """What both sides have said; None for a request with an account, which has a page of its own."""
    if request.applicant_id is not None:
        return None
    holder = _holder(request)
    shown = representations.detail(request, holder, locale, today)
    level = rights.assurance_for(request, Action.WITHDRAW)
    return Talk(
        is_told=bool(notices.recipients_of(request)),
        messages=[replace(one, files=()) for one in shown.messages],
        question=shown.question,
        answer_due_on=shown.answer_due_on,
        is_answer_late=shown.is_answer_late,
        answer=_answer(request),
        action=next((one.value for one in WRITING if one.value in shown.actions), ""),
        can_withdraw=Action.WITHDRAW.value in shown.actions and at_least(holder.assurance, level),
    )


def act(request: ServiceRequest, command: Act) -> None:
    """Answer the question, write to the office, or withdraw. Inside `transaction()`; the PIN has opened it (`opened`).

    The same once more, with nothing in between, is a page that was loaded anew: it counts once. Raises NotFound for a
    request with an account, Forbidden for any other act, and what `casework.act` raises.
    """
    if request.applicant_id is not None:
        raise NotFound()
    if command.action not in BY_PIN:
        raise Forbidden()
    holder = _holder(request)
    events = queries.get_for_update(holder, request.reference).events
    if not events or not _is_the_same(events[-1], command):
        casework.act(request.reference, command, holder)


def _is_the_same(event: RequestEvent, command: Act) -> bool:
    says_the_same = command.action is Action.WITHDRAW or (event.message or "") == command.message
    return event.action is command.action and says_the_same


def _answer(request: ServiceRequest) -> str:
    """The answer of a service without a paper. A decision on paper is announced by the paper alone."""
    if request.decided_at is None or versions.of(request).decision is not None:
        return ""
    return next((one.message or "" for one in reversed(request.events) if one.action in DECISIONS), "")


def _holder(request: ServiceRequest) -> Actor:
    return Actor.link(queries.holder_of(request), request.locale)
