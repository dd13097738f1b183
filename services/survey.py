"""What people think of a service once their request is closed: a link that works once, a score, perhaps some words.

An answer is kept by service and month and leads to nobody: neither the invitation nor the answer knows the request,
and their ids, unlike all others, do not tell when they were made.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import delete, func, select

from auth.actors import Actor
from auth.roles import Permission
from config import clock, scopes
from config.database import db, locked, transaction
from config.encryption import token_hash
from config.errors import NotFound
from config.settings import current_settings
from services import notices
from services.commands import Opinion
from services.definitions import ServiceDefinition, catalogue
from services.lifecycle import Action
from services.models import ServiceRequest
from services.survey_models import SurveyAnswer, SurveyInvitation

LASTS = timedelta(days=60)
LEAST_ANSWERS = 5
"""An average of fewer could be laid at somebody's door."""
SHOWN_COMMENTS = 20
TOKEN_BYTES = 16
SCOPE = scopes.system("services.survey")  # who answers is nobody to us


@dataclass(frozen=True)
class Opinions:
    """What came in for one service in one month; the average from 1 to 5 only when there are enough answers."""

    month: date
    answers: int
    average: float | None


def tell_closed(request: ServiceRequest, template: str, occasion: str) -> None:
    """Tell the applicant that the file is closed, by mail with a link to the survey. Call inside `transaction()`.

    A request that was taken up anew and is closed once more (`occasion`: by this event) has had its link.
    """
    has_mail = bool((request.contact or {}).get("email"))
    was_asked = any(event.action is Action.CLOSE and str(event.id) != occasion for event in request.events)
    link = current_settings().public_url(f"/survey/{_invite(request)}") if has_mail and not was_asked else ""
    notices.tell_applicant(request, template, occasion, survey_link=link)


@scopes.within(SCOPE)
def _invite(request: ServiceRequest) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.session.add(
        SurveyInvitation(
            id=uuid.uuid4(),
            token_hash=token_hash(token),
            slug=request.slug,
            department_code=request.department_code,
            expires_on=(clock.wall() + LASTS).date(),
        )
    )
    db.session.flush()
    return token


@scopes.within(SCOPE)
def service_of(token: str) -> ServiceDefinition:
    """The service that this link asks about. Raises NotFound for one that was used, is over, or never was."""
    return _definition(_found(token).slug)


@scopes.within(SCOPE)
def answer(token: str, opinion: Opinion) -> None:
    """Keep an opinion and use the link up. Call inside `transaction()`. Raises NotFound."""
    invitation = _found(token, for_update=True)
    kept = SurveyAnswer(
        id=uuid.uuid4(),
        slug=invitation.slug,
        department_code=invitation.department_code,
        month=clock.today(current_settings().zone).replace(day=1),
        score=opinion.score,
    )
    kept.comment = opinion.comment or None
    db.session.add(kept)
    db.session.delete(invitation)
    db.session.flush()


def _found(token: str, *, for_update: bool = False) -> SurveyInvitation:
    wanted = select(SurveyInvitation).where(
        SurveyInvitation.token_hash == token_hash(token), SurveyInvitation.expires_on >= clock.wall().date()
    )
    found = db.session.scalar(locked(wanted) if for_update else wanted)
    if found is None:
        raise NotFound()
    return found


def _definition(slug: str) -> ServiceDefinition:
    definition = catalogue().get(slug)
    if definition is None:
        raise NotFound()
    return definition


def opinions(actor: Actor, slug: str, months: int = 12) -> list[Opinions]:
    """Answers by month, the newest first, of the departments whose services `actor` manages; `months` (≥ 1) of them."""
    rows = db.session.execute(
        select(SurveyAnswer.month, func.count(), func.sum(SurveyAnswer.score))
        .where(SurveyAnswer.slug == slug, SurveyAnswer.department_code.in_(_departments(actor)))
        .group_by(SurveyAnswer.month)
        .order_by(SurveyAnswer.month.desc())
        .limit(months)
    )
    return [Opinions(month, number, average_of(number, total)) for month, number, total in rows]


def overall(actor: Actor) -> dict[str, Opinions]:
    """All answers of each service that `actor` manages; `month` is that of the newest.

    The average is of the months that may be shown: out of all, those that may not could be worked out.
    """
    rows = db.session.execute(
        select(SurveyAnswer.slug, SurveyAnswer.month, func.count(), func.sum(SurveyAnswer.score))
        .where(SurveyAnswer.department_code.in_(_departments(actor)))
        .group_by(SurveyAnswer.slug, SurveyAnswer.month)
        .order_by(SurveyAnswer.slug, SurveyAnswer.month)
    )
    return {
        slug: _together([(month, number, total) for _, month, number, total in of_service])
        for slug, of_service in groupby(rows, key=lambda row: row[0])
    }


def in_months(actor: Actor, slug: str, firsts: Sequence[date]) -> tuple[list[Opinions], Opinions]:
    """Answers of each of these months (by their first days; ≥ 1), and of all together, averaged as in `overall`."""
    rows = db.session.execute(
        select(SurveyAnswer.month, func.count(), func.sum(SurveyAnswer.score))
        .where(
            SurveyAnswer.slug == slug,
            SurveyAnswer.department_code.in_(_departments(actor)),
            SurveyAnswer.month.in_(firsts),
        )
        .group_by(SurveyAnswer.month)
    )
    found = {month: (number, total) for month, number, total in rows}
    counted = [(first, *found.get(first, (0, 0))) for first in firsts]
    return [Opinions(month, number, average_of(number, total)) for month, number, total in counted], _together(counted)


def _together(months: Sequence[tuple[date, int, int]]) -> Opinions:
    """Months with the number and the sum of their scores as one: all answers, and the average of those it may be of."""
    shown = [(number, total) for _, number, total in months if average_of(number, total) is not None]
    average = average_of(sum(number for number, _ in shown), sum(total for _, total in shown))
    return Opinions(months[-1][0], sum(number for _, number, _ in months), average)


def comments(actor: Actor, slug: str) -> list[tuple[date, int, str]]:
    """What people wrote lately: month, score, words; nothing while there are too few answers."""
    wanted = select(SurveyAnswer).where(
        SurveyAnswer.slug == slug,
        SurveyAnswer.department_code.in_(_departments(actor)),
        SurveyAnswer.comment_sealed.is_not(None),  # type: ignore[attr-defined]
    )
    found = db.session.scalars(wanted.order_by(SurveyAnswer.month.desc(), SurveyAnswer.id).limit(SHOWN_COMMENTS)).all()
    enough = {one.month for one in opinions(actor, slug) if one.average is not None}
    return [(one.month, one.score, one.comment or "") for one in found if one.month in enough]


def average_of(number: int, total: int) -> float | None:
    """The average score; None for fewer than five answers."""
    return round(total / number, 1) if number >= LEAST_ANSWERS else None


def _departments(actor: Actor) -> Sequence[str]:
    return sorted(actor.departments_for(Permission.SERVICES_MANAGE))


def tidy() -> int:
    """Delete links that are over; how many. A job."""
    with transaction():
        over = delete(SurveyInvitation).where(SurveyInvitation.expires_on < clock.wall().date())
        return int(db.session.execute(over).rowcount)  # type: ignore[attr-defined]
