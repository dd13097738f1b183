"""Whether messages reach the people in care: what notifications tell us becomes a fact of the case."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from auth.actors import Actor
from care import case_management, household_rows, notes, timeline
from care.assessments import address_of
from care.models import Person
from care.queries import case_id_of_reference, is_unreachable, unreachable_references
from care.vocabulary import AttemptMeans, AttemptOutcome, Channel
from config import clock
from notifications.outcomes import Outcome
from notifications.statuses import Channel as MessageChannel, Meaning, Status

WISHES = frozenset({Meaning.OPTED_IN, Meaning.OPTED_OUT})
# Only what says something new is noted as an attempt: that a message arrived, as ever, stands with the messages.
MEANS: dict[MessageChannel, AttemptMeans] = {
    MessageChannel.SMS: AttemptMeans.SMS,
    MessageChannel.EMAIL: AttemptMeans.EMAIL,
}
NOT_REACHED = frozenset({Status.UNDELIVERED, Status.FAILED})


def worth_telling(outcomes: Sequence[Outcome]) -> Iterable[Outcome]:
    """Those that may change something: the most frequent, sent or delivered to somebody reachable, do not."""
    delivered = {one.about for one in outcomes if one.status is Status.DELIVERED}
    unreachable = unreachable_references(delivered)
    nothing_new = (Status.DELIVERED, Status.SENT)
    return [one for one in outcomes if one.status not in nothing_new or one.about in unreachable]


def delivery_outcome(outcome: Outcome) -> None:
    """Handler of notifications: a message reached a person in care, never will, or they opted out."""
    actor = Actor.system("notifications")
    case_id = case_id_of_reference(outcome.about)
    is_wish = outcome.meaning in WISHES and outcome.recipient_index is not None
    if case_id is None or outcome.more_to_come or not (is_wish or _is_for_person(outcome.key)):
        return
    if not is_wish and _changes_nothing(outcome, case_id):
        return  # and needs no lock: whoever closes the case may hold it, and wait for this message
    case = case_management.locked_case(case_id)
    if case.household_head_id is not None:  # it went to the head, whatever case it was about
        case = case_management.loaded(case.household_head_id)
    person, now = case.person, clock.now()
    if is_wish and not _is_wish_of(person, outcome):
        return
    if outcome.meaning is Meaning.OPTED_IN:
        if person.opted_out_at is None:
            return
        person.opted_out_at = None
        timeline.add(case, "opted_in", actor, channel=outcome.channel.value)
    elif outcome.meaning is Meaning.OPTED_OUT:
        if person.opted_out_at is None:
            person.opted_out_at = now
            timeline.add(case, "opted_out", actor, channel=outcome.channel.value)
    elif outcome.status in NOT_REACHED:
        notes.note_message(case, MEANS[outcome.channel], AttemptOutcome.NOT_REACHED, outcome.key, actor)
        if person.unreachable_since is None and _is_theirs(person, outcome):
            person.unreachable_since = now
            timeline.add(case, "not_reached", actor, channel=outcome.channel.value)
    elif outcome.status is Status.DELIVERED and person.unreachable_since is not None:
        notes.note_message(case, MEANS[outcome.channel], AttemptOutcome.REACHED, outcome.key, actor)
        person.unreachable_since = None
    else:
        return
    household_rows.look_again_at(case)
    if case.is_open:
        case_management.settled(case, actor, now)


def _changes_nothing(outcome: Outcome, case_id: UUID) -> bool:
    return outcome.status is Status.SENT or (outcome.status is Status.DELIVERED and not is_unreachable(case_id))


def _is_wish_of(person: Person, outcome: Outcome) -> bool:
    """Whether the wish came from, or for, the address at which this person is asked; not the office's mailbox, say."""
    asked = address_of(person)
    if asked is None or asked[0].value != outcome.channel.value:
        return False
    return outcome.recipient_index == (person.phone_index if asked[0] is Channel.SMS else person.email_index)


def _is_theirs(person: Person, outcome: Outcome) -> bool:
    """Whether it went to an address that the person still has: a wrong one may have come from a merged case."""
    return outcome.recipient_index in (None, person.phone_index, person.email_index)


def _is_for_person(key: str) -> bool:
    return key.split(":", 1)[0] in {"invitation", "check-in", "household", "released", "bulk", "message"}
