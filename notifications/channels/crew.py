"""Several threads that hand a batch of mails to one server, and the questions that they put to the thread with the
database: before the point of no return a claim is checked and marked, in the transaction of whoever sends."""

import smtplib
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from uuid import UUID

import structlog

from config import clock
from notifications.channels.base import Crashed, Handing, NotBegun, Outcome, Outgoing, Sent, Temporary
from notifications.channels.connections import AT_ONCE, Connections, Line
from notifications.channels.smtp import reason_of

log = structlog.get_logger(__name__)
WORTH_A_CONNECTION = 5  # mails; opening one takes about as long as sending two
SendOne = Callable[[Line, Outgoing, Handing], Outcome]


@dataclass
class _Question:
    """May this attempt be handed over? Asked by a sender, answered by the thread that holds the database."""

    attempt_id: UUID
    answered: threading.Event = field(default_factory=threading.Event)
    answer: bool = False


@dataclass(frozen=True)
class _Settled:
    message: Outgoing
    outcome: Outcome


@dataclass(frozen=True)
class _Ended:
    """A thread has nothing more to do."""


_Events = SimpleQueue[_Question | _Settled | _Ended]


class Crew:
    """Sends batches: for each server one thread or a few, according to what there is to do."""

    def __init__(self, send_one: SendOne) -> None:
        self._send_one = send_one

    def send(
        self, work: Mapping[Connections, Sequence[Outgoing]], handing: Handing
    ) -> Iterator[tuple[Outgoing, Outcome]]:
        """Give each outcome as it comes. `handing` is called in the caller's thread."""
        events: _Events = SimpleQueue()
        shifts = [_Shift(server, deque(todo), events, self._send_one) for server, todo in work.items()]
        threads = [thread for shift in shifts for thread in shift.threads()]
        for thread in threads:
            thread.start()
        at_work = len(threads)
        try:
            while at_work:
                event = events.get()
                if isinstance(event, _Settled):
                    yield event.message, event.outcome
                elif isinstance(event, _Question):
                    event.answer = _asked(handing, event.attempt_id)
                    event.answered.set()
                else:
                    at_work -= 1
        finally:
            while at_work:  # the caller went away: nothing begins any more
                for shift in shifts:
                    shift.todo.clear()
                event = events.get()
                if isinstance(event, _Question):
                    event.answered.set()
                at_work -= isinstance(event, _Ended)


def _asked(handing: Handing, attempt_id: UUID) -> bool:
    try:
        return handing(attempt_id)
    except Exception as error:  # without a note that it goes out nothing goes out
        log.warning("handing_not_noted", attempt=str(attempt_id), error=type(error).__name__)
        return False


class _Shift:
    """What is to be handed to one server now."""

    def __init__(
        self,
        server: Connections,
        todo: deque[Outgoing],
        events: _Events,
        send_one: SendOne,
    ) -> None:
        self._server, self.todo, self._events, self._send_one = server, todo, events, send_one
        self._reached = False
        self._tried = threading.Event()

    def threads(self) -> list[threading.Thread]:
        """One thread that answers for all, and helpers where there is much to do."""
        count = min(AT_ONCE, -(-len(self.todo) // WORTH_A_CONNECTION))
        return [
            threading.Thread(target=self._work, args=(number == 0,), name=f"mail-{number}", daemon=True)
            for number in range(count)
        ]

    def _work(self, answers_for_all: bool) -> None:
        try:
            self._serve(answers_for_all)
        except Exception:
            log.exception("mail_thread_crashed", place=self._server.server.place)
            if answers_for_all:  # with a wait: given back as not begun, they would be claimed again at once, for ever
                self._settle_rest(Temporary("crashed"))
        finally:
            if answers_for_all:
                self._tried.set()
                self._settle_rest(NotBegun())
            self._events.put(_Ended())

    def _serve(self, answers_for_all: bool) -> None:
        if not answers_for_all:
            self._tried.wait()  # a server that is away is asked once, not by everybody
            if not self._reached:
                return
        line = self._borrowed(answers_for_all)
        if line is None:
            return
        self._reached = True
        self._tried.set()
        try:
            while line.alive and (message := self._next()) is not None:
                outcome = self._one(line, message)
                line.used = True
                self._events.put(_Settled(message, outcome))
                if not isinstance(outcome, Sent):
                    line.ready_again()
                if not line.alive and self.todo:
                    self._renew(line, answers_for_all)
        finally:
            self._server.give_back(line)

    def _one(self, line: Line, message: Outgoing) -> Outcome:
        if clock.wall() > message.begin_before:
            return NotBegun()
        try:
            return self._send_one(line, message, self._handing)
        except Exception as error:  # whatever it is: never more than this message's trouble
            log.error("email_send_crashed", attempt=str(message.attempt_id), error=type(error).__name__)
            line.smtp.close()
            return Crashed(type(error).__name__)

    def _borrowed(self, answers_for_all: bool) -> Line | None:
        try:
            left = (self.todo[0].begin_before - clock.wall()).total_seconds() if self.todo else 0.0
        except IndexError:
            return None
        try:
            return self._server.borrow(left if answers_for_all else 0.0)
        except (OSError, smtplib.SMTPException) as error:
            self._trouble(error, answers_for_all)
            return None

    def _renew(self, line: Line, answers_for_all: bool) -> None:
        try:
            line.renew()
        except (OSError, smtplib.SMTPException) as error:
            self._trouble(error, answers_for_all)

    def _trouble(self, error: OSError, answers_for_all: bool) -> None:
        """No connection: nothing about it is the messages' fault, a refused login included.

        A helper leaves the mails to the others, since many a server limits how many connections it takes.
        """
        log.warning("smtp_connect_failed", place=self._server.server.place, reason=reason_of(error))
        if answers_for_all:
            self._settle_rest(Temporary(unreachable_code(error)))

    def _settle_rest(self, outcome: Outcome) -> None:
        while (message := self._next()) is not None:
            self._events.put(_Settled(message, outcome))

    def _next(self) -> Outgoing | None:
        try:
            return self.todo.popleft()
        except IndexError:
            return None

    def _handing(self, attempt_id: UUID) -> bool:
        question = _Question(attempt_id)
        self._events.put(question)
        question.answered.wait()
        return question.answer


def unreachable_code(error: OSError) -> str:
    """A word or a number for a server that could not be reached."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "certificate"
    code = getattr(error, "smtp_code", None)
    return "unreachable" if code is None else "not_smtp" if code < 0 else str(code)
