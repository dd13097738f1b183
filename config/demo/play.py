"""The ten days, hour by hour."""

import time
from datetime import date, datetime, time as hour, timedelta
from zoneinfo import ZoneInfo

from config.command_line.terminal import _, complain, say
from config.demo.browser import Surprise
from config.demo.ledger import Ledger
from config.demo.outbreak import Outbreak
from config.demo.permit import Permit
from config.demo.stage import Stage, stage

ZONE = ZoneInfo("Europe/Berlin")
MORNING, OFFICE, NOON, ANSWERS, AFTERNOON = hour(8, 1), hour(9), hour(12, 1), hour(13), hour(15)
EXPECTED = (Surprise, RuntimeError, AssertionError, OSError)


def play(path: str | None, days: int) -> bool:
    """Play the story and print it; True when the counts at the end add up."""
    began = time.monotonic()
    say(_("An outbreak and a parking permit, {days} days, on a throw-away installation.", days=days), style="bold")
    try:
        with stage() as running:
            say(_("It runs at {url}. All people are invented.", url=running.base))
            right = _Story(running).play(path, days)
    except EXPECTED as error:
        complain(_("The demo broke off: {reason}", reason=str(error) or type(error).__name__))
        return False
    say()
    seconds = round(time.monotonic() - began)
    say(
        _("Everything adds up ({seconds} seconds).", seconds=seconds)
        if right
        else _("Something does not add up ({seconds} seconds).", seconds=seconds),
        style="green" if right else "red",
    )
    return right


class _Story:
    def __init__(self, running: Stage) -> None:
        self._stage, self._ledger = running, Ledger()
        self._permit = Permit(running)
        self._outbreak = Outbreak(running, self._ledger)
        self._first = date.today()  # noqa: DTZ011 - any day will do; the clock is ours

    def play(self, path: str | None, days: int) -> bool:
        """All days, and the morning after the last one, on which people are released."""
        for day in range(1, days + 1):
            self._day(day, path)
        self._title(days + 1)
        self._morning(days + 1)
        self._outbreak.close_books()
        self._ledger.request_messages = self._permit.told()
        return self._ledger.check(self._stage)

    def _day(self, day: int, path: str | None) -> None:
        self._title(day)
        self._morning(day)
        self._stage.move_clock(self._at(day, OFFICE))
        if day == 1:
            self._outbreak.import_file(path, self._at(day, OFFICE))
        self._permit.play(day)
        self._stage.move_clock(self._at(day, NOON))
        texts, mails = self._outbreak.hear()
        say(_("  {texts} SMS and {mails} e-mails went out", texts=texts, mails=mails))
        self._stage.move_clock(self._at(day, ANSWERS))
        self._outbreak.answer(day)
        self._outbreak.oddities(day)
        self._stage.move_clock(self._at(day, AFTERNOON))
        self._outbreak.watch()

    def _morning(self, day: int) -> None:
        self._stage.move_clock(self._at(day, MORNING))
        self._outbreak.hear()
        self._outbreak.collect_papers()

    def _title(self, day: int) -> None:
        say()
        say(_("Day {day}, {date}", day=day, date=f"{self._first + timedelta(days=day - 1):%d.%m.%Y}"), style="bold")

    def _at(self, day: int, at: hour) -> datetime:
        return datetime.combine(self._first + timedelta(days=day - 1), at, ZONE)
