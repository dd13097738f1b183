"""When monitoring begins and ends, and when a person is asked. Pure.

Days are local days of the person's zone; a time of day that a change of clocks leaves out is read as the same instant
counted with the offset before the change, one that comes twice as its first occurrence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from care.facts import CaseFacts
from care.protocol import Protocol, Slot
from care.vocabulary import ASKED_STATUSES, Kind

DAY = timedelta(days=1)
LINK_LASTS_AT_MOST = timedelta(hours=36)


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

    That is the end of the following window, and never more than 36 hours after the check-in fell due.
    """

    local_date: date
    slot: str
    due_at: datetime
    window_ends_at: datetime
    expires_at: datetime


def at(day: date, clock_time: time, zone: ZoneInfo) -> datetime:
    """The instant, aware UTC, at which clocks in `zone` show `clock_time` on `day`."""
    return datetime.combine(day, clock_time, zone).astimezone(UTC)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant, aware UTC, at which `day` begins in `zone`."""
    return at(day, time.min, zone)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of `moment` in `zone`."""
    return moment.astimezone(zone).date()


def period(facts: CaseFacts, protocol: Protocol) -> Period:
    """The monitoring period: start + protocol days, both inclusive.

    Source: protocol `monitoring` (COVID-19: RKI, management of contacts, autumn 2020: 14 days after the last contact;
    last contact 1 October, through 15 October 24:00). Where no date is known, the day of enrolment counts.
    An officer's extension moves the end; a continuous exposure of a contact has none.
    """
    starts_on, counted_from = local_day(facts.enrolled_at, facts.zone), "enrolled_at"
    for name in protocol.monitoring.counts_from[facts.kind]:
        known: date | None = getattr(facts, name)
        if known is not None:
            starts_on, counted_from = known, name
            break
    if facts.continuous_exposure and facts.kind is not Kind.INDEX:
        return Period(starts_on, None, counted_from)
    ends_on = starts_on + timedelta(days=protocol.monitoring.days)
    if facts.extended_until is not None:
        ends_on = max(ends_on, facts.extended_until)
    return Period(starts_on, ends_on, counted_from)


def window(slot: Slot, wish: str, day: date, protocol: Protocol, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when (not included; aware UTC) a check-in of `slot` on `day` may be sent.

    Source: protocol `check_ins` (Sara Alert's contact windows: the person's own one, or a chosen hour and the four
    after it, which may reach past midnight and still belongs to `day`).
    """
    if slot.window is None and wish.isdecimal():
        opens = datetime.combine(day, time(int(wish)))
        closes = opens + timedelta(hours=protocol.check_ins.chosen_hour_lasts)
    else:
        hours = slot.window or protocol.check_ins.windows[wish]  # type: ignore[index]
        opens, closes = datetime.combine(day, hours.opens), datetime.combine(day, hours.closes)
        if closes <= opens:
            closes += DAY
    return opens.replace(tzinfo=zone).astimezone(UTC), closes.replace(tzinfo=zone).astimezone(UTC)


def next_check_in(facts: CaseFacts, protocol: Protocol, now: datetime) -> CheckInDue | None:
    """The check-in that is due now or next; None when the person is not to be asked any more.

    Source: protocol `check_ins`; at most one per slot and local day; none before enrolment, after the last day, while
    paused, when that day's answer is there already, or when its window has passed (Sara Alert's reminder eligibility).
    """
    if facts.status not in ASKED_STATUSES or not facts.reachable:
        return None
    last_day = period(facts, protocol).ends_on
    asked = {(check_in.local_date, check_in.slot) for check_in in facts.check_ins}
    from_day = local_day(max(now, facts.enrolled_at), facts.zone) - DAY  # a window of yesterday may reach past midnight
    for day, slot, following in _slots(protocol, from_day):
        if last_day is not None and day > last_day:
            return None
        opens, closes = window(slot, facts.contact_window, day, protocol, facts.zone)
        if closes <= now or closes <= facts.enrolled_at or (day, slot.code) in asked:
            continue
        if _answered(facts, protocol, day, opens, closes):
            continue
        expires_at, _ = window(following[1], facts.contact_window, following[0], protocol, facts.zone)
        due_at = max(opens, facts.enrolled_at)
        link_ends_at = min(max(expires_at, closes), due_at + LINK_LASTS_AT_MOST)
        return CheckInDue(day, slot.code, due_at, closes, link_ends_at)
    return None


def _slots(protocol: Protocol, from_day: date) -> Iterator[tuple[date, Slot, tuple[date, Slot]]]:
    """Slots in order, each with the one that follows it, for as many days as a person can have been asked ahead."""
    slots = protocol.check_ins.slots
    for number in range(6 * len(slots)):
        ahead = number + 1
        day = from_day + timedelta(days=number // len(slots))
        following = (from_day + timedelta(days=ahead // len(slots)), slots[ahead % len(slots)])
        yield day, slots[number % len(slots)], following


def _answered(facts: CaseFacts, protocol: Protocol, day: date, opens: datetime, closes: datetime) -> bool:
    """Whether an unasked report (by phone, say) covers the slot: with one slot within the day, any of that day does.

    An answer to an earlier day's link does not: who answers yesterday's question this morning is asked again today.
    """
    since, until = opens, closes
    if len(protocol.check_ins.slots) == 1 and closes <= local_midnight(day + DAY, facts.zone):
        since, until = local_midnight(day, facts.zone), local_midnight(day + DAY, facts.zone)
    return any(report.answers is None and since <= report.reported_at < until for report in facts.reports)
