"""Mail that comes back: what it makes of a message, and how it gets to us."""

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from config import clock
from config.database import db
from config.settings import Settings, current_settings
from notifications import bounces, mailboxes
from notifications.bounces import Taken, bounce_codes, poll_mailbox, take
from notifications.bounces_cli import notifications as commands
from notifications.delivery import deliver
from notifications.housekeeping import forget_texts
from notifications.models import Receipt
from notifications.outbox import Fallback
from notifications.outcomes import Outcome, _handlers as handlers, register_outcome_handler, tell_outcomes
from notifications.receipts import process_receipts
from notifications.settling import UNREACHABLE_WAIT
from notifications.statuses import AttemptState, Channel, Meaning
from tests.factories.bounces import HOST, prose, report
from tests.factories.notifications import EMAIL, PHONE, attempts, message, put_email, put_sms, statuses
from tests.fakes.imap import ImapServer
from tests.fakes.moody_smtp import DROP, MoodySmtp
from tests.support.at_work import at_work

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]


@pytest.fixture
def settings(settings: Settings, moody: MoodySmtp, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "back" / name).mkdir(parents=True)
    mailbox = request.getfixturevalue("imap").url() if "imap" in request.fixturenames else f"maildir://{tmp_path}/back"
    return settings.changed(
        smtp_url=moody.url, bounce_address=f"Rückläufer <bounces@{HOST}>", bounce_mailbox_url=mailbox
    )


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    made = ImapServer()
    yield made
    made.stop()


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    return tmp_path / "back"


def test_every_mail_has_an_address_of_its_own_to_come_back_to(moody: MoodySmtp) -> None:
    _sent("a", "b")
    codes = bounce_codes(current_settings())
    assert moody.senders == [codes.envelope_sender(attempts(key)[0].id) for key in ("a", "b")]
    assert moody.mails[0]["From"] == "Gesundheitsamt <amt@stadt.example>"


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("5.1.1", "undelivered", Meaning.BAD_ADDRESS),
        ("5.7.1", "undelivered", Meaning.BLOCKED),
        ("4.4.7", "undelivered", Meaning.OTHER_CHANNEL),
        ("5.2.2", "pending", Meaning.RETRY_LATER),
    ],
)
def test_a_bounce_makes_the_message_what_its_code_says(code: str, status: str, meaning: Meaning) -> None:
    _sent("one")
    assert take(_bounce("one", status=code)) is Taken.BOUNCED
    process_receipts()
    assert statuses() == {"one": status}
    (attempt,) = attempts("one")
    assert (attempt.state, attempt.code, attempt.meaning) == (AttemptState.UNDELIVERED, code, meaning)


def test_a_full_mailbox_is_tried_again_with_the_text_later(moody: MoodySmtp) -> None:
    _sent("one")
    take(_bounce("one", status="5.2.2"))
    process_receipts()
    assert deliver(Channel.EMAIL) == 0, "not at once"
    with clock.frozen(clock.now() + UNREACHABLE_WAIT):
        deliver(Channel.EMAIL)
    first, second = moody.mails
    assert "Text one" in str(first.get_payload(0)) and str(first.get_payload(0)) == str(second.get_payload(0))
    assert first["Message-ID"] != second["Message-ID"]
    assert statuses() == {"one": "sent"}


def test_a_delay_is_noted_and_changes_nothing() -> None:
    _sent("one")
    assert take(_bounce("one", action="delayed", status="4.4.1")) is Taken.DELAYED
    process_receipts()
    assert statuses() == {"one": "sent"}
    assert take(_bounce("one", action="failed", status="4.4.1")) is Taken.BOUNCED
    process_receipts()
    assert statuses() == {"one": "undelivered"}


def test_the_same_bounce_again_changes_nothing() -> None:
    _sent("one")
    assert [take(_bounce("one")) for _ in range(3)] == [Taken.BOUNCED, Taken.REPEATED, Taken.REPEATED]
    assert process_receipts() == 1 and process_receipts() == 0
    assert db.session.query(Receipt).count() == 1


def test_the_next_rung_is_taken_and_the_wings_are_told() -> None:
    told: list[Outcome] = []
    note = told.append
    register_outcome_handler(note)
    try:
        _sent("one", fallbacks=[Fallback(Channel.SMS, PHONE)])
        take(_bounce("one"))
        process_receipts()
        tell_outcomes()
    finally:
        handlers.remove(note)
    successor = next(key for key in statuses() if key != "one")
    assert statuses()["one"] == "undelivered" and message(successor).channel is Channel.SMS
    assert [(each.key, each.meaning, each.more_to_come) for each in told] == [("one", Meaning.BAD_ADDRESS, True)]


def test_a_bounce_after_the_text_is_gone_ends_the_message(domain_clock: Any) -> None:
    _sent("one")
    domain_clock.forward(days=4)
    forget_texts()
    assert not message("one").has_text
    take(_bounce("one", status="5.2.2"))
    process_receipts()
    assert statuses() == {"one": "undelivered"} and deliver(Channel.EMAIL) == 0


def test_a_bounce_tells_of_a_mail_that_was_unknown(moody: MoodySmtp) -> None:
    moody.moods["end"] = [DROP]
    put_email("one")
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "unknown"} and attempts("one")[0].provider_id is None
    take(_bounce("one"))
    process_receipts()
    assert statuses() == {"one": "undelivered"}


def test_a_bounce_that_is_faster_than_our_commit_counts(app: Flask, moody: MoodySmtp) -> None:
    put_email("one")
    taken: list[Taken] = []

    def bounce_at_once(_: int) -> None:
        with at_work(app):
            taken.append(take(_bounce("one")))

    moody.moods["end"] = bounce_at_once
    deliver(Channel.EMAIL)
    assert taken == [Taken.BOUNCED]
    process_receipts()
    assert statuses() == {"one": "undelivered"}


def test_a_forged_bounce_does_nothing() -> None:
    _sent("one", "two")
    settings = current_settings()
    codes = bounce_codes(settings)
    one, two = (codes.code(attempts(key)[0].id) for key in ("one", "two"))
    forged = two[:26] + one[26:]
    plain_id = f"<{attempts('two')[0].id}@{HOST}>"
    assert take(report(f"<{forged}@{HOST}>", to=f"bounces+{forged}@{HOST}")) is Taken.NOT_OURS
    assert take(report(plain_id)) is Taken.NOT_OURS
    process_receipts()
    assert statuses() == {"one": "sent", "two": "sent"}


def test_a_code_of_a_message_that_is_gone_or_no_mail_is_not_ours() -> None:
    put_sms("sms")
    deliver(Channel.SMS)
    assert take(_bounce("sms")) is Taken.NOT_OURS
    assert take(report(bounce_codes(current_settings()).message_id(message("sms").id))) is Taken.NOT_OURS


@pytest.mark.parametrize(
    ("raw", "taken"),
    [
        (prose("Bin im Urlaub.", to=f"bounces@{HOST}", From=EMAIL, Auto_Submitted="auto-replied"), Taken.NO_BOUNCE),
        (prose("Danke!", to=f"bounces@{HOST}", From=EMAIL), Taken.NO_BOUNCE),
        (b"\xff\x00garbage" * 100, Taken.UNREADABLE),
        (b"", Taken.UNREADABLE),
    ],
)
def test_what_is_no_bounce_changes_nothing_and_leaves_a_line_without_addresses(
    raw: bytes, taken: Taken, caplog: pytest.LogCaptureFixture
) -> None:
    _sent("one")
    assert take(raw) is taken
    assert [line["event"] for line in _lines(caplog)] == ["mail_back_ignored"] and EMAIL not in caplog.text
    assert statuses() == {"one": "sent"} and db.session.query(Receipt).count() == 0


def test_logs_of_a_bounce_name_nobody(maildir: Path, caplog: pytest.LogCaptureFixture) -> None:
    _sent("one")
    _drop(maildir, _bounce("one"), report("<foreign@example.org>"))
    poll_mailbox()
    assert [line["event"] for line in _lines(caplog)] == ["bounce_taken", "bounce_not_ours"]
    assert "@" not in str(_lines(caplog))


def test_without_a_bounce_address_the_text_is_forgotten_when_it_is_sent(app: Flask, moody: MoodySmtp) -> None:
    _sent("kept")
    assert message("kept").has_text
    app.extensions["obhut.settings"] = current_settings().changed(bounce_address="", bounce_mailbox_url="")
    _sent("gone")
    assert not message("gone").has_text


class TestMaildir:
    def test_what_is_new_is_taken_and_marked_as_read(self, maildir: Path) -> None:
        _sent("one", "two")
        _drop(maildir, _bounce("one"), prose("Danke!", to=f"bounces@{HOST}"))
        (maildir / "cur" / "9.x:2,F").write_bytes(_bounce("two"))  # opened by a mail program, not yet read
        (maildir / "cur" / "8.x:2,S").write_bytes(b"read long ago")
        assert poll_mailbox() == 3 and poll_mailbox() == 0
        process_receipts()
        assert set(statuses().values()) == {"undelivered"}
        assert sorted(file.name for file in (maildir / "cur").iterdir()) == [
            "0.x:2,S",
            "1.x:2,S",
            "8.x:2,S",
            "9.x:2,FS",
        ]
        assert not list((maildir / "new").iterdir())

    def test_what_could_not_be_stored_is_found_again(self, maildir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        _sent("one")
        _drop(maildir, _bounce("one"))

        def away(*_: Any) -> bool:
            raise OperationalError("INSERT", {}, Exception("the database is gone"))

        with monkeypatch.context() as patched:
            patched.setattr(bounces.receipts, "store", away)
            with pytest.raises(OperationalError):
                poll_mailbox()
        assert len(list((maildir / "new").iterdir())) == 1
        assert poll_mailbox() == 1

    def test_two_readers_at_once_do_no_harm(self, app: Flask, maildir: Path) -> None:
        keys = [f"k{number}" for number in range(12)]
        _sent(*keys)
        _drop(maildir, *(_bounce(key) for key in keys))
        _at_once(app, poll_mailbox, 3)
        process_receipts()
        assert set(statuses().values()) == {"undelivered"} and db.session.query(Receipt).count() == 12

    def test_a_folder_that_is_missing_is_said_and_not_fatal(
        self, app: Flask, maildir: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        app.extensions["obhut.settings"] = current_settings().changed(bounce_mailbox_url=f"maildir://{maildir}/away")
        assert poll_mailbox() == 0
        assert [line["event"] for line in _lines(caplog)] == ["bounce_mailbox_failed"]


class TestImap:
    def test_what_is_unread_is_taken_and_marked_as_read(self, imap: ImapServer) -> None:
        _sent("one", "two")
        for raw in (_bounce("one"), b"garbage", _bounce("two") + b"x" * 600_000):
            imap.put(raw)
        assert poll_mailbox() == 3 and imap.seen() == [True] * 3 and poll_mailbox() == 0
        process_receipts()
        assert set(statuses().values()) == {"undelivered"}

    @pytest.mark.parametrize("step", ["GREETING", "AUTHENTICATE", "SELECT", "SEARCH", "FETCH", "STORE", "LOGOUT"])
    def test_a_server_that_hangs_up_costs_nothing(self, imap: ImapServer, step: str) -> None:
        _sent("one")
        imap.put(_bounce("one"))
        imap.drop_at = step
        poll_mailbox()
        assert imap.seen() == [step == "LOGOUT"]
        imap.drop_at = ""
        poll_mailbox()
        process_receipts()
        assert imap.seen() == [True] and statuses() == {"one": "undelivered"}
        assert db.session.query(Receipt).count() == 1

    @pytest.mark.parametrize("step", ["GREETING", "SELECT", "FETCH"])
    def test_a_server_that_drips_does_not_hold_us(
        self, imap: ImapServer, step: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mailboxes, "CONVERSATION_S", 0.4)
        imap.put(b"From: a@example.org\n\nx")
        imap.drip_at = step
        assert poll_mailbox() == 0 and imap.seen() == [False]
        imap.drip_at = ""

    def test_a_wrong_password_is_said_without_the_user(
        self, imap: ImapServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        imap.password = "other"
        assert poll_mailbox() == 0
        assert [(line["event"], line["reason"]) for line in _lines(caplog)] == [("bounce_mailbox_failed", "refused")]

    def test_a_folder_that_does_not_exist_is_said(
        self, app: Flask, imap: ImapServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        url = imap.url().replace("INBOX", "Away")
        app.extensions["obhut.settings"] = current_settings().changed(bounce_mailbox_url=url)
        assert poll_mailbox() == 0
        assert _lines(caplog)[0]["reason"] == "the server says NO"

    def test_a_server_without_sasl_is_logged_in_to_as_of_old(self, app: Flask) -> None:
        old = ImapServer(plain=False, password="geheim")
        try:
            app.extensions["obhut.settings"] = current_settings().changed(bounce_mailbox_url=old.url("geheim"))
            old.put(b"From: a@example.org\n\nx")
            assert poll_mailbox() == 1 and old.logins >= 1
        finally:
            old.stop()

    def test_a_certificate_that_nobody_signed_is_refused(
        self, app: Flask, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = ImapServer(certificate)
        try:
            server.put(b"From: a@example.org\n\nx")
            app.extensions["obhut.settings"] = current_settings().changed(bounce_mailbox_url=server.url())
            monkeypatch.setattr("notifications.channels.smtp._is_loopback", lambda _: False)
            assert poll_mailbox() == 0
            monkeypatch.undo()
            assert poll_mailbox() == 1, "on the machine itself nobody listens in between"
        finally:
            server.stop()


class TestPipe:
    @pytest.mark.parametrize(
        ("raw", "code", "said"),
        [(None, 0, "bounced"), (prose("Danke!", to=f"bounces@{HOST}"), 0, "no_bounce"), (b"\0\0", 65, "unreadable")],
    )
    def test_exit_codes_are_those_of_sysexits(self, app: Flask, raw: bytes | None, code: int, said: str) -> None:
        _sent("one")
        done = app.test_cli_runner().invoke(commands, ["bounce"], input=raw or _bounce("one"))
        assert (done.exit_code, done.stdout.strip()) == (code, said)
        process_receipts()
        assert statuses() == {"one": "undelivered" if raw is None else "sent"}

    def test_the_envelope_tells_what_the_mail_does_not(self, app: Flask) -> None:
        _sent("one")
        back = bounce_codes(current_settings()).envelope_sender(attempts("one")[0].id)
        run = app.test_cli_runner().invoke
        done = run(commands, ["bounce", "--recipient", back], input=report("<foreign@example.org>"))
        assert (done.exit_code, done.stdout.strip()) == (0, "bounced")

    def test_without_a_database_the_mail_server_keeps_the_mail(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: Any) -> bool:
            raise OperationalError("INSERT", {}, Exception("gone"))

        _sent("one")
        monkeypatch.setattr(bounces.receipts, "store", away)
        done = app.test_cli_runner().invoke(commands, ["bounce"], input=_bounce("one"))
        assert done.exit_code == 75


def _sent(*keys: str, **more: Any) -> None:
    for key in keys:
        put_email(key, **more)
    deliver(Channel.EMAIL)
    assert all(statuses()[key] == "sent" for key in keys)


def _bounce(key: str, **changes: Any) -> bytes:
    (attempt,), codes = attempts(key), bounce_codes(current_settings())
    return report(codes.message_id(attempt.id), to=codes.envelope_sender(attempt.id), **changes)


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the room of bounces logged."""
    own = ("notifications.bounces", "notifications.mailboxes")
    return [record.msg for record in caplog.records if record.name in own and isinstance(record.msg, dict)]


def _drop(maildir: Path, *raws: bytes) -> None:
    for number, raw in enumerate(raws):
        (maildir / "new" / f"{number}.x").write_bytes(raw)


def _at_once(app: Flask, job: Any, count: int) -> None:
    def work() -> None:
        with at_work(app):
            job()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
