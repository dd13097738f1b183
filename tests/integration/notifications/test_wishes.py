"""STOP, START and HELP: done, told to the wings, and answered once."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from auth.models import Office
from config.database import db, transaction
from config.settings import LOCALES
from notifications import inbound, outcomes
from notifications.delivery import deliver
from notifications.inbound import process_inbound, register_reply_handler
from notifications.models import InboundMessage
from notifications.opting import lifted_by_staff
from notifications.outcomes import Outcome, register_outcome_handler, tell_outcomes
from notifications.preferences import Basis, address_index, bases_of, record_basis, suppress, suppressed
from notifications.rendering import render
from notifications.segments import measure
from notifications.statuses import Channel, InboxState, Priority
from tests.factories.notifications import EMAIL, PHONE, put_email, put_sms, statuses
from tests.fakes.provider import Provider

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
Say = Callable[..., InboxState]


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """What the wings are told; without their own handlers."""
    heard: list[Outcome] = []
    monkeypatch.setattr(inbound, "_handlers", [])
    monkeypatch.setattr(outcomes, "_handlers", [])
    register_outcome_handler(heard.append)
    return heard


@pytest.fixture
def say(app: Flask) -> Say:
    """Writes to us, and lets the worker take it in; where the message went."""
    counter = iter(range(100))

    def write(body: str, opt_out_type: str = "", *, sender: str = PHONE, sid: str = "") -> InboxState:
        sid = sid or f"SM{next(counter):032x}"
        with transaction():
            inbound.store(sid, sender, body, opt_out_type)
        process_inbound()
        state = db.session.scalars(select(InboundMessage.state).where(InboundMessage.provider_id == sid)).one()
        db.session.rollback()
        return state

    return write


def is_closed() -> bool:
    found = suppressed(Channel.SMS, [address_index(Channel.SMS, PHONE)])
    db.session.rollback()
    return bool(found)


def arrived(provider: Provider) -> list[str]:
    """What reached the phone, oldest first."""
    deliver(Channel.SMS)
    return [form["Body"] for form in provider.accepted]


@pytest.mark.parametrize(
    ("body", "more"), [("STOP", ""), ("stopp.", ""), ("Abmelden!", ""), ("إيقاف", ""), ("x", "STOP")]
)
def test_stop_closes_withdraws_and_is_told_and_start_opens(
    say: Say, told: list[Outcome], provider: Provider, body: str, more: str
) -> None:
    put_sms("one", about="case-1")
    assert say(body, more) is InboxState.DONE
    assert is_closed() and statuses()["one"] == "suppressed"
    assert [(each.about, each.meaning.value) for each in told] == [("case-1", "opted_out")]
    assert tell_outcomes() == 0
    say("START")
    assert not is_closed()
    assert [(each.about, each.meaning.value) for each in told[1:]] == [("case-1", "opted_in")]
    put_sms("two")
    assert statuses()["two"] == "pending"


@pytest.mark.parametrize(
    ("locale", "beginning"), [("de", "Sie erhalten keine SMS mehr"), ("uk", "Ви більше"), ("ar", "لن"), ("en", "You")]
)
def test_stop_is_confirmed_once_in_the_language_of_the_conversation(
    say: Say, provider: Provider, locale: str, beginning: str
) -> None:
    put_sms("one", locale=locale, template="notifications.opted_in")
    deliver(Channel.SMS)
    say("STOP", sid="SM" + "0" * 32)
    say("STOP", sid="SM" + "0" * 32)  # the webhook repeated
    say("STOP")  # the person repeated it
    say("stop stop")
    put_sms("two")
    texts = arrived(provider)[1:]
    assert len(texts) == 1 and texts[0].startswith(beginning)
    assert [form["To"] for form in provider.accepted] == [PHONE, PHONE]


def test_what_the_provider_answered_is_not_answered_again(say: Say, provider: Provider) -> None:
    for word in ("STOP", "START", "HELP"):
        say(word, word)
    assert not is_closed() and arrived(provider) == []


def test_without_a_conversation_the_word_says_the_language(say: Say, provider: Provider) -> None:
    say("yardım")
    assert arrived(provider)[0].startswith("Sorunuzu buraya")
    say("стоп", sender="+4915735990002")
    assert arrived(provider)[1].startswith("Ви більше")
    say("stop", sender="+4915735990003")
    assert arrived(provider)[2].startswith("Sie erhalten keine SMS mehr")


def test_stop_start_stop_is_confirmed_each_time_and_start_alone_once(say: Say, provider: Provider) -> None:
    for word in ("STOP", "START", "STOP", "START", "START", "START"):
        say(word)
    texts = arrived(provider)
    # A confirmation that had not gone out when the next wish came was overtaken by it.
    assert len(texts) == 1 and texts[0].startswith("Sie erhalten wieder SMS") and not is_closed()
    sent = len(texts)
    for word in ("STOP", "START"):
        say(word)
        deliver(Channel.SMS)
    assert len(arrived(provider)) == sent + 2


def test_help_says_whom_to_call_and_yet_reaches_a_person_once_a_day(say: Say, provider: Provider) -> None:
    with transaction():
        office = Office(code="nord", name="Gesundheitsamt Nord", phone="0531 470-0", is_default=True)
        db.session.add(office)
    put_sms("one", owner=f"office:{office.id}", about="ABC23456")
    deliver(Channel.SMS)
    assert say("Hilfe!") is InboxState.INBOX
    assert say("INFO") is InboxState.DONE
    assert say("help") is InboxState.INBOX
    (text,) = arrived(provider)[1:]
    assert "0531 470-0" in text and "112" in text


def test_an_answer_to_a_question_is_no_wish(say: Say) -> None:
    heard: list[str] = []
    register_reply_handler(lambda reply: bool(heard.append(reply.body)) or True)
    for body in ("ja", "YES", "1", "nein", "Das Fieber geht zu Ende", "Stop it hurts"):
        assert say(body) is InboxState.UNDERSTOOD
    assert len(heard) == 6 and not is_closed()


def test_every_answer_is_one_sms_in_every_language() -> None:
    for template in ("opted_out", "opted_in", "help"):
        for locale in LOCALES:
            for phone in ("", "+49 531 470-70000"):
                found = render(
                    f"notifications.{template}",
                    Channel.SMS,
                    locale,
                    {"office_phone": phone},
                )
                assert found.locale == locale
                assert measure(found.body).count == 1, (template, locale, len(found.body), measure(found.body))


def basis() -> list[tuple[str, str, bool]]:
    rows = bases_of(Channel.SMS, address_index(Channel.SMS, PHONE))
    db.session.rollback()
    return [(row.basis, row.source, row.withdrawn_at is not None) for row in rows]


def note(basis: Basis, source: str) -> None:
    with transaction():
        record_basis(Channel.SMS, PHONE, basis, source)


def test_a_basis_keeps_its_first_record_and_stop_withdraws_consent_only(say: Say) -> None:
    note(Basis.MONITORING, "case:ABC23456")
    note(Basis.CONSENT, "request:K7NPX3RB")
    note(Basis.CONSENT, "request:OTHER234")
    assert basis() == [("ifsg_25", "case:ABC23456", False), ("consent", "request:K7NPX3RB", False)]
    say("STOP")
    assert basis() == [("ifsg_25", "case:ABC23456", False), ("consent", "request:K7NPX3RB", True)]
    say("START")
    assert basis() == [("ifsg_25", "case:ABC23456", False), ("consent", "reply", False)]


def test_many_are_not_written_to_after_an_objection_even_when_staff_open_the_address(
    say: Say, provider: Provider
) -> None:

    say("STOP")
    with transaction():
        assert lifted_by_staff(Channel.SMS, address_index(Channel.SMS, PHONE), "officer")
    put_sms("single")
    put_sms("many", priority=Priority.BULK)
    put_sms("many-others", to="+4915735990002", priority=Priority.BULK)
    deliver(Channel.SMS)
    found = statuses()
    assert (found["single"], found["many"], found["many-others"]) == ("sent", "suppressed", "sent")
    say("START")
    put_sms("many-again", priority=Priority.BULK)
    deliver(Channel.SMS)
    assert statuses()["many-again"] == "sent"


def test_an_objection_that_comes_after_enqueuing_counts_at_the_claim(say: Say, provider: Provider) -> None:
    put_sms("many", priority=Priority.BULK)
    put_sms("legal", template="notifications.opted_out")
    with transaction():
        suppress(Channel.SMS, PHONE, "provider")
    deliver(Channel.SMS)
    assert statuses() == {"many": "suppressed", "legal": "sent"}


def test_sms_and_mail_are_closed_apart(say: Say) -> None:
    say("STOP")
    put_email("mail", to=EMAIL)
    assert statuses()["mail"] == "pending"
    count: Any = db.session.scalar(select(func.count()).select_from(InboundMessage))
    assert count == 1


def test_a_number_makes_us_answer_only_so_often(app: Flask, say: Say, provider: Provider) -> None:
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(limit_contact="3 per day")
    for _ in range(5):
        assert say("STOP") is InboxState.DONE
        assert is_closed(), "the wish counts all the same"
        deliver(Channel.SMS)
        say("START")
        deliver(Channel.SMS)
    assert not is_closed()
    assert len(arrived(provider)) == 3


def test_a_subject_with_a_line_break_adds_no_header(sink: Any) -> None:
    put_email("one", variables={"subject": "Termin\r\nBcc: evil@evil.example\r\n\r\n<script>", "text": "Text"})
    deliver(Channel.EMAIL)
    (mail,) = sink.mails
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Termin")
