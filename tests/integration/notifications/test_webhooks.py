"""Receipts and replies: signed, in any order, any number of times."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from config.database import db
from notifications import inbound, outcomes, webhooks
from notifications.delivery import deliver
from notifications.inbound import InboundReply, process_inbound, register_reply_handler
from notifications.models import InboundMessage, Receipt
from notifications.outcomes import TELL_AT_MOST, Outcome, register_outcome_handler, tell_outcomes
from notifications.receipts import process_receipts
from notifications.recovery import recover
from notifications.statuses import Channel
from tests.factories.notifications import PHONE, age_claims, attempts, message, put_sms, statuses
from tests.fakes.provider import ACCOUNT, TOKEN, Provider

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
BASE = "http://localhost"
STATUS, MESSAGES = "/webhooks/twilio/status", "/webhooks/twilio/messages"
Post = Callable[..., Any]


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def send(path: str, form: dict[str, Any], *, sign: str | None = None, headers: dict[str, str] | None = None) -> Any:
        signature = sign if sign is not None else RequestValidator(TOKEN).compute_signature(BASE + path, form)
        return client.post(path, data=form, headers={"X-Twilio-Signature": signature} | (headers or {}))

    return send


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the wings' own handlers."""
    monkeypatch.setattr(inbound, "_handlers", [])
    monkeypatch.setattr(outcomes, "_handlers", [])


def receipt(sid: str, status: str, code: str = "") -> dict[str, str]:
    form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "MessageStatus": status, "To": PHONE}
    return form | ({"ErrorCode": code} if code else {})


def reply(body: str, sid: str = "SM" + "a" * 32, **more: str) -> dict[str, str]:
    return {"MessageSid": sid, "AccountSid": ACCOUNT, "From": PHONE, "To": "+4915735990098", "Body": body} | more


def sent_sid(provider: Provider) -> str:
    put_sms("one")
    deliver(Channel.SMS)
    return str(provider.accepted[-1]["sid"])


@pytest.mark.parametrize(
    "order", [("sent", "delivered"), ("delivered", "sent"), ("queued", "delivered", "sent", "delivered", "sending")]
)
def test_receipts_in_any_order_and_number(post: Post, provider: Provider, order: tuple[str, ...]) -> None:
    sid = sent_sid(provider)
    for status in order * 2:
        assert post(STATUS, receipt(sid, status)).status_code == 204
    assert process_receipts() == len(set(order))
    assert process_receipts() == 0
    assert statuses() == {"one": "delivered"}
    assert message("one").delivered_at is not None and message("one").body is None


def test_the_first_final_receipt_wins(post: Post, provider: Provider) -> None:
    sid = sent_sid(provider)
    post(STATUS, receipt(sid, "delivered"))
    process_receipts()
    post(STATUS, receipt(sid, "undelivered", "30005"))
    process_receipts()
    assert statuses() == {"one": "delivered"}


def test_a_receipt_may_be_faster_than_our_commit(post: Post, provider: Provider) -> None:
    provider.mood = lambda _: "drop"
    sid = sent_sid(provider)
    assert post(STATUS, receipt(sid, "delivered")).status_code == 204
    assert process_receipts() == 0
    age_claims()
    recover()
    assert process_receipts() == 1
    assert statuses() == {"one": "delivered"}


def test_a_switched_off_phone_is_tried_again_later_and_a_landline_is_not(post: Post, provider: Provider) -> None:
    sid = sent_sid(provider)
    post(STATUS, receipt(sid, "undelivered", "30003"))
    process_receipts()
    assert statuses() == {"one": "pending"} and message("one").not_before is not None
    put_sms("two")
    deliver(Channel.SMS)
    post(STATUS, receipt(provider.accepted[-1]["sid"], "undelivered", "30006"))
    process_receipts()
    assert statuses()["two"] == "undelivered"
    assert attempts("two")[0].meaning.value == "other_channel"


def test_outcomes_are_told_once(post: Post, provider: Provider) -> None:
    told: list[Outcome] = []
    register_outcome_handler(told.append)
    sid = sent_sid(provider)
    post(STATUS, receipt(sid, "undelivered", "30005"))
    process_receipts()
    assert (tell_outcomes(), tell_outcomes()) == (1, 0)
    assert [(each.about, each.key, each.status.value, each.meaning.value) for each in told] == [
        ("test", "one", "undelivered", "other_channel")
    ]


def test_a_failing_handler_is_asked_again_and_then_left(post: Post, provider: Provider) -> None:
    asked: list[Outcome] = []

    def fail(outcome: Outcome) -> None:
        asked.append(outcome)
        raise ArithmeticError

    register_outcome_handler(fail)
    post(STATUS, receipt(sent_sid(provider), "delivered"))
    process_receipts()
    for _ in range(TELL_AT_MOST + 5):
        assert tell_outcomes() == 0
    assert len(asked) == TELL_AT_MOST


@pytest.mark.parametrize("path", [STATUS, MESSAGES])
@pytest.mark.parametrize("signature", ["", "AAAA", "ü", "x" * 5000])
def test_unsigned_is_refused(post: Post, path: str, signature: str) -> None:
    form = receipt("SM" + "0" * 32, "sent") if path == STATUS else reply("Ja")
    assert post(path, form, sign=signature.encode("utf-8").decode("latin-1")).status_code == 403
    assert db.session.scalars(select(Receipt)).all() == [] and db.session.scalars(select(InboundMessage)).all() == []


def test_altered_or_addressed_elsewhere_is_refused(post: Post) -> None:
    form = receipt("SM" + "0" * 32, "sent")
    signature = RequestValidator(TOKEN).compute_signature(BASE + STATUS, form)
    assert post(STATUS, form | {"MessageStatus": "delivered"}, sign=signature).status_code == 403
    elsewhere = RequestValidator(TOKEN).compute_signature("http://evil.example" + STATUS, form)
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    assert post(STATUS, form, sign=elsewhere, headers=headers).status_code == 403
    assert post(STATUS, form, sign=signature, headers=headers).status_code in (204, 400)
    assert post(STATUS, receipt("SM" + "0" * 32, "sent") | {"AccountSid": "AC" + "0" * 32}).status_code == 403


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (STATUS, receipt("SM123", "sent")),
        (STATUS, receipt("SM" + "0" * 32, "exploded")),
        (STATUS, receipt("SM" + "0" * 32, "failed", "30x")),
        (STATUS, {"AccountSid": ACCOUNT}),
        (MESSAGES, reply("Ja", From="015735990001")),
        (MESSAGES, reply("Ja", sid="CA" + "0" * 32)),
        (MESSAGES, reply("a" * 1601)),
        (MESSAGES, reply("Ja", OptOutType="MAYBE")),
    ],
)
def test_signed_nonsense_is_refused_politely(post: Post, path: str, form: dict[str, str]) -> None:
    assert post(path, form).status_code == 400


@pytest.mark.parametrize("content", [b"", b"\xff\xfe%%%=&&&", b"{" * 1000])
def test_garbage_never_breaks_us(client: FlaskClient, content: bytes) -> None:
    for path in (STATUS, MESSAGES):
        answer = client.post(
            path, data=content, content_type="application/x-www-form-urlencoded", headers={"X-Twilio-Signature": "x"}
        )
        assert answer.status_code == 403
        assert client.get(path).status_code == 405


def test_a_reply_is_answered_with_empty_twiml_and_offered_once(post: Post) -> None:
    seen: list[InboundReply] = []

    def understand(found: InboundReply) -> bool:
        seen.append(found)
        return found.body == "Ja"

    register_reply_handler(understand)
    for _ in range(3):
        answer = post(MESSAGES, reply("Ja"))
        assert answer.status_code == 200 and answer.mimetype == "text/xml" and b"<Response></Response>" in answer.data
    assert (process_inbound(), process_inbound()) == (1, 0)
    assert [(each.from_phone, each.body) for each in seen] == [(PHONE, "Ja")]
    assert db.session.scalars(select(InboundMessage)).one().state.value == "understood"


def test_what_nobody_understands_waits_for_a_person(post: Post) -> None:
    register_reply_handler(lambda _: False)
    post(MESSAGES, reply("Wer sind Sie? \0"))
    process_inbound()
    row = db.session.scalars(select(InboundMessage)).one()
    assert (row.state.value, row.body) == ("inbox", "Wer sind Sie? ")


def test_a_reply_that_breaks_a_handler_ends_before_a_person(post: Post) -> None:
    def fail(_: InboundReply) -> bool:
        raise ArithmeticError

    register_reply_handler(fail)
    post(MESSAGES, reply("Ja"))
    assert [process_inbound() for _ in range(4)] == [0, 0, 1, 0]
    assert db.session.scalars(select(InboundMessage)).one().state.value == "inbox"


def test_what_is_new_wakes_the_worker_and_what_is_repeated_does_not(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(webhooks, "wake", woken.append)
    sid = "SM" + "b" * 32
    for path, form in ((STATUS, receipt(sid, "delivered")), (MESSAGES, reply("NEIN", sid))):
        assert post(path, form).status_code in (200, 204)
        assert post(path, form).status_code in (200, 204)
    assert woken == ["inbound", "inbound"]
