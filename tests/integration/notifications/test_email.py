"""E-mail over a real SMTP server: what arrives, and what a server's answers and silences mean."""

import ssl
import threading

import pytest
from flask import Flask

from config import clock
from config.settings import Settings
from notifications.channels import smtp
from notifications.channels.base import Outgoing, Sent, Temporary
from notifications.channels.email import EmailChannel
from notifications.channels.smtp import MailServer
from notifications.delivery import deliver
from notifications.recovery import recover
from notifications.rendering import register_templates
from notifications.statuses import Channel
from tests.factories.notifications import EMAIL, age_claims, attempts, put_email, statuses
from tests.fakes.smtp_sink import SmtpSink
from tests.support.at_work import at_work

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]


def test_a_mail_has_both_forms_and_headers_that_machines_understand(sink: SmtpSink) -> None:
    put_email("one", text="Grüße aus dem Amt\n\nhttps://stadt.example/c/x", template="notifications.plain")
    deliver(Channel.EMAIL)
    (mail,) = sink.mails
    assert (mail["To"], mail["From"]) == (EMAIL, "Gesundheitsamt <amt@stadt.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == attempts("one")[0].provider_id and mail["Message-ID"].endswith("@stadt.example>")
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and "Grüße aus dem Amt" in plain.get_content()
    assert (
        html is not None
        and '<html lang="de"' in html.get_content()
        and 'href="https://stadt.example' in html.get_content()
    )


def test_a_mail_to_a_domain_with_umlauts_arrives(sink: SmtpSink) -> None:
    put_email("one", to="mira@amt.münchen.example")
    deliver(Channel.EMAIL)
    assert [mail["To"] for mail in sink.mails] == ["mira@amt.xn--mnchen-3ya.example"]


def test_a_batch_uses_one_connection(sink: SmtpSink) -> None:
    for number in range(5):
        put_email(f"k{number}")
    assert deliver(Channel.EMAIL) == 5
    assert len(sink.mails) == 5 and sink.connections == 1


def test_one_refused_recipient_does_not_stop_the_others(sink: SmtpSink) -> None:
    sink.at_recipient = lambda address: "550 no such user" if address.startswith("weg") else "250 OK"
    put_email("a")
    put_email("b", to="weg@example.org")
    put_email("c")
    deliver(Channel.EMAIL)
    assert statuses() == {"a": "sent", "b": "failed", "c": "sent"}
    assert attempts("b")[0].meaning.value == "bad_address" and attempts("b")[0].handed_at is None


@pytest.mark.parametrize(
    ("answer", "status"), [("451 later", "pending"), ("452 full", "pending"), ("554 spam", "failed")]
)
def test_answers_after_data(sink: SmtpSink, answer: str, status: str) -> None:
    sink.at_end = lambda _: answer
    put_email("one")
    deliver(Channel.EMAIL)
    assert statuses() == {"one": status}
    sink.at_end = lambda _: "250 OK"
    age_claims()
    deliver(Channel.EMAIL)
    assert len(sink.mails) == (1 if status == "pending" else 0)


@pytest.mark.parametrize("answer", ["hang up", "250 hang up"])
def test_a_line_cut_during_data_is_unknown_and_not_resent_blindly(sink: SmtpSink, answer: str) -> None:
    sink.at_end = lambda _: answer
    put_email("one")
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "unknown"}
    sink.at_end = lambda _: "250 OK"
    age_claims()
    assert recover() == 0 and deliver(Channel.EMAIL) == 0
    assert len(sink.mails) == (1 if answer.startswith("250") else 0)


def test_a_template_may_say_that_it_is_resent_when_unknown(
    sink: SmtpSink, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("templates") / "reminder"
    folder.mkdir()
    (folder / "email.de.txt").write_text("Subject: {{ subject }}\n\n{{ text }}\n")
    (folder / "template.yaml").write_text("resend_when_unknown: true\n")
    register_templates("trial", folder.parent)
    sink.at_end = lambda _: "hang up"
    put_email("one", template="trial.reminder")
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "pending"}
    sink.at_end = lambda _: "250 OK"
    age_claims()
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "sent"} and len(sink.mails) == 1


def test_a_server_that_is_away_costs_every_message_a_wait(sink: SmtpSink) -> None:
    put_email("a")
    put_email("b")
    sink.stop()
    deliver(Channel.EMAIL)
    assert statuses() == {"a": "pending", "b": "pending"}
    assert [attempt.code for attempt in attempts("a")] == ["unreachable"]


@pytest.mark.parametrize("answer", ["530 5.7.0 Authentication required", "550 5.7.1 not with this sender"])
def test_a_refused_sender_is_ours_to_mend_and_costs_no_message(sink: SmtpSink, answer: str) -> None:
    sink.at_sender = lambda _: answer
    put_email("one")
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "pending"}
    assert [attempt.code for attempt in attempts("one")] == [answer[:3]]
    sink.at_sender = lambda _: "250 OK"
    age_claims()
    deliver(Channel.EMAIL)
    assert statuses() == {"one": "sent"}


def test_a_certificate_that_nobody_signed_is_refused_and_named(
    settings: Settings, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = SmtpSink(certificate)
    try:
        channel = EmailChannel(settings.changed(smtp_url=sink.url))
        ((_, outcome),) = channel.send([_outgoing()], lambda _: True)
        assert isinstance(outcome, Sent), "on the machine itself nobody listens in between"
        monkeypatch.setattr(smtp, "_is_loopback", lambda _: False)
        channel = EmailChannel(settings.changed(smtp_url=sink.url))
        ((_, outcome),) = channel.send([_outgoing()], lambda _: True)
        assert outcome == Temporary("certificate")
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            MailServer.of(sink.url).connect()
        assert "self-signed certificate" in smtp.reason_of(refused.value)
    finally:
        sink.stop()


def test_a_subject_cannot_smuggle_a_header(sink: SmtpSink) -> None:
    channel = EmailChannel(_settings_of(sink))
    mail = channel._compose(_outgoing(subject="Hallo\r\nBcc: dritte@example.org"))
    assert mail["Bcc"] is None and mail["Subject"] == "Hallo Bcc: dritte@example.org"


def test_a_lease_that_is_nearly_over_begins_nothing(sink: SmtpSink) -> None:
    channel = EmailChannel(_settings_of(sink))
    late = _outgoing(begin_before=clock.wall().replace(year=2020))
    ((_, outcome),) = channel.send([late], lambda _: True)
    assert not isinstance(outcome, Sent | Temporary) and not sink.mails


def test_a_claim_that_somebody_else_settled_is_not_sent(app: Flask, sink: SmtpSink) -> None:
    channel = EmailChannel(_settings_of(sink))
    list(channel.send([_outgoing()], lambda _: False))
    assert not sink.mails


def test_two_workers_at_once_mail_once(app: Flask, sink: SmtpSink) -> None:
    for number in range(20):
        put_email(f"k{number}")

    def work() -> None:
        with at_work(app):
            while deliver(Channel.EMAIL):
                pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sink.mails) == 20 and set(statuses().values()) == {"sent"}


def _settings_of(sink: SmtpSink) -> Settings:
    from config.settings import current_settings

    return current_settings()


def _outgoing(**changes: object) -> Outgoing:
    from dataclasses import replace
    from datetime import timedelta
    from uuid import uuid4

    made = Outgoing(
        attempt_id=uuid4(),
        notification_id=uuid4(),
        to=EMAIL,
        subject="Betreff",
        body="Text",
        html="",
        locale="de",
        started_at=clock.wall(),
        begin_before=clock.wall() + timedelta(minutes=1),
        valid_for=None,
    )
    return replace(made, **changes)  # type: ignore[arg-type]
