"""The sandbox's phone, asked by the official SDK."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from config.sandbox.remote import Remote
from config.settings import Settings
from tests.fixtures.processes import eventually
from tests.integration.sandbox.conftest import Application, client_of, serving, settings_in
from tests.support.sdk import RebasedHttpClient

_numbers = itertools.count(4917604069050)


@pytest.fixture
def number() -> str:
    """One that nobody has written to before."""
    return f"+{next(_numbers)}"


def send(client: Client, filled: Settings, to: str, callback: str = "", body: str = "Guten Tag") -> str:
    options = {"status_callback": callback} if callback else {}
    sid = client.messages.create(to=to, from_=filled.twilio_from[0], body=body, **options).sid
    assert sid
    return str(sid)


def test_a_message_is_reported_sent_then_delivered_with_valid_signatures(
    client: Client, filled: Settings, application: Application, number: str
) -> None:
    sid = send(client, filled, number, application.url + "/status?x=1")
    eventually(lambda: len(application.reports) == 2, "both reports")
    validator = RequestValidator(filled.twilio_auth_token.get_secret_value())
    assert [fields["MessageStatus"] for _, fields, _ in application.reports] == ["sent", "delivered"]
    for path, fields, signature in application.reports:
        assert fields["MessageSid"] == sid
        assert validator.validate(application.url + path, fields, signature)
    assert client.messages(sid).fetch().status == "delivered"


def test_a_report_that_was_refused_is_made_again(
    client: Client, filled: Settings, application: Application, number: str
) -> None:
    application.answers = [503, 503, 204]
    send(client, filled, number, application.url + "/status")
    eventually(lambda: len(application.reports) == 4, "the report that failed twice, then the next")
    statuses = [fields["MessageStatus"] for _, fields, _ in application.reports]
    assert statuses == ["sent", "sent", "sent", "delivered"]


def test_messages_are_listed_by_recipient_and_time(client: Client, filled: Settings, number: str) -> None:
    mine, other = send(client, filled, number), send(client, filled, to="+4917604069049")
    recently = datetime.now(UTC) - timedelta(minutes=1)
    assert [one.sid for one in client.messages.list(to=number, date_sent_after=recently)] == [mine]
    assert client.messages.list(to=number, date_sent_before=recently) == []
    assert [one.sid for one in client.messages.list(page_size=1, limit=2)] == [other, mine]


def test_a_text_can_be_wiped_and_a_message_deleted(
    client: Client, filled: Settings, remote: Remote, number: str
) -> None:
    sid = send(client, filled, number)
    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).fetch().body == ""
    assert [one.body for one in client.messages.list(to=number)] == [""]
    shown = remote.messages(to=number)
    assert [(one["body"], one["redacted"]) for one in shown] == [("Guten Tag", True)], "a phone forgets nothing"
    assert client.messages(sid).delete()
    with pytest.raises(TwilioRestException) as missing:
        client.messages(sid).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_numbers_that_are_refused(client: Client, filled: Settings) -> None:
    refusals = {
        "12345": 21211, "+15005550001": 21211, "+15005550004": 21610, "+15005550009": 21614, "+4917604021610": 21610,
    }  # fmt: skip
    for to, code in refusals.items():
        with pytest.raises(TwilioRestException) as refused:
            send(client, filled, to=to)
        assert (refused.value.status, refused.value.code) == (400, code)


def test_a_busy_number_is_refused_once(client: Client, filled: Settings) -> None:
    with pytest.raises(TwilioRestException) as refused:
        send(client, filled, to="+4917604020429")
    assert refused.value.status == 429
    assert send(client, filled, to="+4917604020429")


def test_an_unreachable_number_comes_back_undelivered(
    client: Client, filled: Settings, application: Application
) -> None:
    send(client, filled, "+4917604030003", application.url + "/status")
    eventually(lambda: len(application.reports) == 2, "both reports")
    last = application.reports[-1][1]
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")


def test_a_sender_that_is_not_ours_is_refused(client: Client, number: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=number, from_="+493023125999", body="x")
    assert refused.value.code == 21606


def test_wrong_credentials_are_refused(filled: Settings) -> None:
    stranger = Client(filled.twilio_account_sid, "guessed", http_client=RebasedHttpClient(filled.twilio_api_base))
    with pytest.raises(TwilioRestException) as refused:
        stranger.messages("SM1").fetch()
    assert refused.value.status == 401


def test_a_reply_reaches_the_webhook_signed_and_stop_is_remembered(
    client: Client, filled: Settings, application: Application, remote: Remote, number: str
) -> None:
    remote.reply(number, "STOP")
    eventually(lambda: application.reports, "the webhook")
    path, fields, signature = application.reports[0]
    assert (path, fields["From"], fields["Body"]) == ("/webhooks/twilio/messages", number, "STOP")
    validator = RequestValidator(filled.twilio_auth_token.get_secret_value())
    assert validator.validate(application.url + path, fields, signature)
    with pytest.raises(TwilioRestException) as refused:
        send(client, filled, number)
    assert refused.value.code == 21610


def test_an_answer_in_twiml_is_sent_to_the_person(application: Application, remote: Remote, number: str) -> None:
    application.answers, application.twiml = [200], "<Response><Message>Danke!</Message></Response>"
    remote.reply(number, "Hallo")
    assert eventually(lambda: [one for one in remote.messages(to=number) if one["body"] == "Danke!"], "the answer")


def test_messages_and_open_reports_outlast_the_process(tmp_path: Path, application: Application, number: str) -> None:
    plain = settings_in(tmp_path, application)
    with serving(plain) as (filled, _):
        application.answers = [503]
        sid = send(client_of(filled), filled, number, application.url + "/status")
        eventually(lambda: application.reports, "a first try")
    application.answers = [204]
    with serving(plain) as (again, _):
        assert (again.oidc_issuer, again.twilio_account_sid) == (filled.oidc_issuer, filled.twilio_account_sid)
        client = client_of(again)
        eventually(lambda: client.messages(sid).fetch().status == "delivered", "the reports after the restart")
