"""When monitoring begins and ends, and when a person is asked. Pure.

Days are local days of the person's zone (`local_days`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from care.facts import CaseFacts, ReportFact
from care.local_days import KEPT, at, local_day, local_midnight
from care.protocol import Protocol
from care.protocol_parts import Slot
from care.triage import onset
from care.vocabulary import ASKED_STATUSES, Kind, LabOutcome

DAY = timedelta(days=1)
UNKNOWN = "enrolled_at"  # what a period counts from while no day of the protocol's is known
ASKED_FOR = {Kind.CONTACT: "last_exposure_on", Kind.INDEX: "first_positive_on", Kind.TRAVELLER: "entered_on"}
LINK_LASTS_AT_MOST = timedelta(hours=36)
# People are asked for today or yesterday: whatever belongs to these days, wherever they live, however long a day is.
NEWEST, NEWEST_DAYS = timedelta(hours=50), timedelta(days=2)


@dataclass(frozen=True)
class Period:
    """Days of monitoring, both inclusive. `ends_on` is None while the exposure continues."""

    starts_on: date
    ends_on: date | None
    counted_from: str

    def ends_at(self, zone: ZoneInfo) -> datetime | None:
        """The first instant after the last day, aware UTC."""
        return None if self.ends_on is None else local_midnight(self.ends_on + DAY, zone)


@dataclass(frozen=True)
class CheckInDue:
    """One check-in to be: due within [due_at, window_ends_at), its link answered until `expires_at`.

    That is the end of the slot's grace where it has one; else until the following window opens, and never more than
    36 hours after the check-in fell due.
    """

    local_date: date
    slot: str
    due_at: datetime
    window_ends_at: datetime
    expires_at: datetime


def period(facts: CaseFacts, protocol: Protocol) -> Period:
    """The monitoring period as planned: start + protocol days, both inclusive.

    Source: protocol `monitoring` (COVID-19: RKI, management of contacts, autumn 2020: 14 days after the last contact;
    last contact 1 October, through 15 October 24:00). Where no date is known, the day of enrolment counts.
    An officer's extension or shortening moves the end; a continuous exposure of a contact has none.
    """
    starts_on, counted_from = _start(facts, protocol)
    if facts.continuous_exposure and facts.kind is not Kind.INDEX:
        return Period(starts_on, None, counted_from)
    ends_on = starts_on + timedelta(days=protocol.monitoring.days_for(facts.kind))
    if facts.extended_until is not None:
        ends_on = max(ends_on, facts.extended_until)
    if facts.shortened_until is not None and not _shortening_is_void(facts, protocol, starts_on):
        ends_on = max(starts_on, min(ends_on, facts.shortened_until))
    return Period(starts_on, ends_on, counted_from)


def _start(facts: CaseFacts, protocol: Protocol) -> tuple[date, str]:
    """The first day of the protocol's `counts_from` that is known, and its name.

    The onset is the one that `triage.onset` finds: set by an officer, else of the first symptomatic report, as long as
    no review dismisses it.
    """
    for name in protocol.monitoring.counts_from[facts.kind]:
        began = onset(facts, protocol) if name == "symptom_onset_on" else None
        known: date | None = began.on if began else getattr(facts, name)
        if known is not None:
            return known, name
    return local_day(facts.enrolled_at, facts.zone), UNKNOWN


def missing_day(facts: CaseFacts, protocol: Protocol) -> str | None:
    """The day to ask for, by the name of its fact; None when a day is known from which the period counts.

    Source: protocol `monitoring.counts_from`: somebody infected is not asked for a sample once the period counts from
    an onset, entered or reported, or from the day of the report. A contact that goes on has no last day.
    """
    goes_on = facts.continuous_exposure and facts.kind is Kind.CONTACT
    return None if goes_on or _start(facts, protocol)[1] != UNKNOWN else ASKED_FOR[facts.kind]


def _shortening_is_void(facts: CaseFacts, protocol: Protocol, starts_on: date) -> bool:
    """Whether a shortening counts no more: its rule is not the protocol's, not for this kind, or begins later by now.

    Source: protocol `shortening`, `void_by_positive`. A case that was converted, exposed anew or moved to another
    protocol is not held to what was decided about it before.
    """
    rule = next((one for one in protocol.shortening if one.code == facts.shortened_by), None)
    if rule is None or facts.kind not in rule.kinds:
        return True
    if facts.shortened_until is not None and facts.shortened_until < starts_on + timedelta(days=rule.last_day):
        return True
    return rule.void_by_positive and any(lab.result is LabOutcome.POSITIVE for lab in facts.labs)


def course(facts: CaseFacts, protocol: Protocol, now: datetime) -> Period:
    """The monitoring period as it is at `now`: without an answer on the last day it goes on, a day at a time.

    Source: protocol `ending.goes_on_until_answer` (SORMAS: no cooperative visit on the last day of follow-up, one more
    day, until there is one). The order of the authority is not touched. Nobody waits for an answer of who is not asked.
    """
    planned, today = period(facts, protocol), local_day(now, facts.zone)
    waits = protocol.ending.goes_on_until_answer and facts.status in ASKED_STATUSES
    if not waits or planned.ends_on is None or today <= planned.ends_on:
        return planned
    days = (day_of(report, protocol, facts.zone) for report in facts.reports)
    answered_on = min((day for day in days if day >= planned.ends_on), default=None)
    return replace(planned, ends_on=answered_on or today)


def day_of(report: ReportFact, protocol: Protocol, zone: ZoneInfo) -> date:
    """The day that a report is about: its local day, or the date of the slot in whose grace it falls."""
    return slot_at(report.reported_at, protocol, zone)[0]


def slot_at(moment: datetime, protocol: Protocol, zone: ZoneInfo) -> tuple[date, str]:
    """Local date and code of the slot that an answer at `moment` belongs to.

    Source: Quarano: morning from 06:00, with grace to 16:59; evening from 17:00, with grace to 05:59 of the next day,
    which belongs to the previous date. A moment between graces belongs to the slot before it; the only slot of a day
    has all of that day.
    """
    today, slots = local_day(moment, zone), protocol.check_ins.slots
    if len(slots) == 1:
        return today, slots[0].code
    for slot in reversed(slots):
        if slot.window is None or at(today, slot.window.opens, zone) <= moment:
            return today, slot.code
    return today - DAY, slots[-1].code


def slot_order(report: ReportFact, protocol: Protocol, zone: ZoneInfo) -> tuple[date, int, datetime]:
    """Sorts reports by slot, then by time: an answer to an earlier slot's question is older, whenever it comes."""
    codes = [slot.code for slot in protocol.check_ins.slots]
    day, code = slot_at(report.reported_at, protocol, zone)
    if report.answers is not None and len(codes) > 1 and report.answers[1] in codes:
        day, code = report.answers
    return day, codes.index(code), report.reported_at


def window(slot: Slot, wish: str, day: date, protocol: Protocol, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when (not included; aware UTC) a check-in of `slot` on `day` may be sent.

    Source: protocol `check_ins` (Sara Alert's contact windows: the person's own one, or a chosen hour and the four
    after it, which may reach past midnight and still belongs to `day`).
    """
    if slot.window is None and wish.isdecimal():
        opens = datetime.combine(day, time(int(wish)))
        closes = opens + timedelta(hours=protocol.check_ins.chosen_hour_lasts)
        return at(opens.date(), opens.time(), zone), at(closes.date(), closes.time(), zone)
    hours = slot.window or protocol.check_ins.windows[wish]  # type: ignore[index]
    last = day + DAY if hours.closes <= hours.opens else day
    return at(day, hours.opens, zone), at(last, hours.closes, zone)


def grace(slot: Slot, day: date, zone: ZoneInfo) -> datetime | None:
    """Until when (not included; aware UTC) an answer still belongs to `slot` on `day`; None without a grace.

    Source: protocol `check_ins.slots` (Quarano). A grace that ends at an earlier hour than the window ends next day.
    """
    if slot.window is None or slot.window.grace_until is None:
        return None
    next_day = slot.window.closes <= slot.window.opens or slot.window.grace_until < slot.window.closes
    return at(day + DAY if next_day else day, slot.window.grace_until, zone)


def next_check_in(facts: CaseFacts, protocol: Protocol, now: datetime) -> CheckInDue | None:
    """The check-in that is due now or next; None when the person is not to be asked any more.

    Source: protocol `check_ins`; at most one per slot and local day; none before enrolment, after the last day, while
    paused, when that day's answer is there already, or when its window has passed (Sara Alert's reminder eligibility).
    """
    return next_check_in_until(facts, protocol, now, course(facts, protocol, now).ends_on)


def next_check_in_until(
    facts: CaseFacts, protocol: Protocol, now: datetime, last_day: date | None
) -> CheckInDue | None:
    """The same where the last day of monitoring as it is at `now` is known; None: there is no last day."""
    if facts.status not in ASKED_STATUSES or not facts.reachable:
        return None
    asked = {(check_in.local_date, check_in.slot) for check_in in facts.check_ins}
    from_day = local_day(max(now, facts.enrolled_at), facts.zone) - DAY  # a window of yesterday may reach past midnight
    for slot in _slots_from(from_day, facts.contact_window, protocol, facts.zone):
        if last_day is not None and slot.day > last_day:
            return None
        if slot.closes <= now or slot.closes <= facts.enrolled_at or (slot.day, slot.code) in asked:
            continue
        if any(report.answers is None and slot.since <= report.reported_at < slot.until for report in facts.reports):
            continue
        due_at = max(slot.opens, facts.enrolled_at)
        following = max(slot.following_opens_at, slot.closes)
        link_ends_at = slot.grace_ends_at or min(following, due_at + LINK_LASTS_AT_MOST)
        return CheckInDue(slot.day, slot.code, due_at, slot.closes, link_ends_at)
    return None


@dataclass(frozen=True)
class SlotOfDay:
    """A slot on one day, for everybody with the same wish in one zone. Times aware UTC.

    An unasked report (by phone, say) within [since, until) covers it.
    """

    day: date
    code: str
    opens: datetime
    closes: datetime
    grace_ends_at: datetime | None
    following_opens_at: datetime
    since: datetime
    until: datetime


# Not by the protocol's value, which takes long to hash: by which one it is, and it is kept along so that it stays it.
_kept: dict[tuple[int, date, str, ZoneInfo], tuple[Protocol, tuple[SlotOfDay, ...]]] = {}


def _slots_from(from_day: date, wish: str, protocol: Protocol, zone: ZoneInfo) -> tuple[SlotOfDay, ...]:
    """Slots in order, for as many days as a person can have been asked ahead. Thousands of people share them."""
    key = (id(protocol), from_day, wish, zone)
    known = _kept.get(key)
    if known is None:
        if len(_kept) >= KEPT:
            _kept.clear()
        found = tuple(_slot_of_day(*each, wish, protocol, zone) for each in _slots(protocol, from_day))
        known = _kept[key] = (protocol, found)
    return known[1]


def _slot_of_day(
    day: date, slot: Slot, following: tuple[date, Slot], wish: str, protocol: Protocol, zone: ZoneInfo
) -> SlotOfDay:
    opens, closes = window(slot, wish, day, protocol, zone)
    following_opens_at, _ = window(following[1], wish, following[0], protocol, zone)
    grace_ends_at = grace(slot, day, zone)
    since, until = _covered(protocol, zone, day, opens, grace_ends_at or closes)
    return SlotOfDay(day, slot.code, opens, closes, grace_ends_at, following_opens_at, since, until)


def _slots(protocol: Protocol, from_day: date) -> Iterator[tuple[date, Slot, tuple[date, Slot]]]:
    """Slots of the next days in order, each with the one that follows it."""
    slots = protocol.check_ins.slots
    for number in range(6 * len(slots)):
        ahead = number + 1
        day = from_day + timedelta(days=number // len(slots))
        following = (from_day + timedelta(days=ahead // len(slots)), slots[ahead % len(slots)])
        yield day, slots[number % len(slots)], following


def _covered(
    protocol: Protocol, zone: ZoneInfo, day: date, opens: datetime, closes: datetime
) -> tuple[datetime, datetime]:
    """From when until when an unasked report covers the slot: with one slot within the day, any of that day does.

    An answer to an earlier day's link does not: who answers yesterday's question this morning is asked again today.
    """
    if len(protocol.check_ins.slots) == 1 and closes <= local_midnight(day + DAY, zone):
        return local_midnight(day, zone), local_midnight(day + DAY, zone)
    return opens, closes
