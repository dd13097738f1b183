"""What counts as a call from Twilio: several accounts, JSON bodies, and nothing whatever that breaks us."""

import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings as how, strategies as some
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from config.database import db
from config.settings import Settings
from notifications.models import InboundMessage, Receipt
from tests.factories.notifications import PHONE
from tests.fakes.provider import ACCOUNT, TOKEN

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]
BASE = "http://localhost"
STATUS, MESSAGES = "/webhooks/twilio/status", "/webhooks/twilio/messages"
SECOND, SECOND_TOKEN = "AC" + "2" * 32, "9" * 32
SID = "SM" + "c" * 32
RECEIPT = {"MessageSid": SID, "AccountSid": ACCOUNT, "MessageStatus": "delivered", "To": PHONE}
REPLY = {"MessageSid": SID, "AccountSid": ACCOUNT, "From": PHONE, "To": "+4915735990098", "Body": "Ja"}
Post = Callable[..., Any]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    more = [{"account_sid": SECOND, "auth_token": SECOND_TOKEN, "from": ["+4915735990077"]}]
    return settings.changed(twilio_more=json.dumps(more))


def signed(token: str, path: str, form: dict[str, Any] | None = None) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(BASE + path, form or {})}


def named(body: bytes, path: str) -> str:
    """The address that carries the body's hash, as Twilio builds it."""
    return f"{path}?bodySHA256={hashlib.sha256(body).hexdigest()}"


def post_json(client: FlaskClient, path: str, body: bytes, token: str = TOKEN, address: str | None = None) -> Any:
    address = address or named(body, path)
    return client.post(address, data=body, content_type="application/json", headers=signed(token, address))


def receipts() -> list[tuple[str, str | None]]:
    db.session.rollback()
    return [(row.status, row.code) for row in db.session.scalars(select(Receipt))]


def test_each_account_signs_with_its_own_token(client: FlaskClient) -> None:
    of_second = RECEIPT | {"AccountSid": SECOND}
    for form, token, expected in (
        (RECEIPT, TOKEN, 204),
        (of_second, SECOND_TOKEN, 204),
        (RECEIPT, SECOND_TOKEN, 403),
        (of_second, TOKEN, 403),
        (RECEIPT | {"AccountSid": "AC" + "3" * 32}, TOKEN, 403),
        (RECEIPT | {"AccountSid": ""}, TOKEN, 403),
    ):
        assert client.post(STATUS, data=form, headers=signed(token, STATUS, form)).status_code == expected


def test_an_account_given_twice_is_nobodys(client: FlaskClient) -> None:
    form = RECEIPT | {"AccountSid": [ACCOUNT, SECOND]}
    signature = RequestValidator(TOKEN).compute_signature(
        BASE + STATUS + "AccountSid" + ACCOUNT + "AccountSid" + SECOND + f"MessageSid{SID}MessageStatusdelivered"
        f"To{PHONE}",
        {},
    )
    assert client.post(STATUS, data=form, headers={"X-Twilio-Signature": signature}).status_code == 403


def test_a_json_body_counts_when_the_signed_address_names_it(client: FlaskClient) -> None:
    body = json.dumps(RECEIPT | {"MessageStatus": "undelivered", "ErrorCode": 30003}).encode()
    assert post_json(client, STATUS, body).status_code == 204
    assert receipts() == [("undelivered", "30003")]
    upper = f"{STATUS}?bodySHA256={hashlib.sha256(body).hexdigest().upper()}"
    assert post_json(client, STATUS, body, address=upper).status_code == 204
    assert post_json(client, MESSAGES, json.dumps(REPLY).encode()).status_code == 200
    assert db.session.scalars(select(InboundMessage)).one().body == "Ja"


def test_another_json_body_under_the_same_signature_is_refused(client: FlaskClient) -> None:
    body = json.dumps(RECEIPT).encode()
    address = named(body, STATUS)
    other = body.replace(b"delivered", b"failed")
    assert post_json(client, STATUS, other, address=address).status_code == 403
    assert post_json(client, STATUS, other, address=STATUS).status_code == 403
    twice = f"{address}&bodySHA256={hashlib.sha256(other).hexdigest()}"
    assert post_json(client, STATUS, other, address=twice).status_code == 403
    assert post_json(client, STATUS, body, token=SECOND_TOKEN).status_code == 403
    assert receipts() == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"7", b"{", b'"x"', b"[" * 50_000, b'{"MessageSid": ' + b"9" * 5_000 + b"}", b"\xff\xfe",
        b'{"AccountSid": "x", "AccountSid": "y"}', json.dumps([RECEIPT]).encode(),
    ],
)  # fmt: skip
def test_json_that_says_nothing_is_refused(client: FlaskClient, body: bytes) -> None:
    for path in (STATUS, MESSAGES):
        assert post_json(client, path, body).status_code == 403


def test_a_signed_text_that_no_database_can_hold_is_kept_readable(client: FlaskClient) -> None:
    body = json.dumps(REPLY | {"Body": "Ja \ud800 \0!"}).encode()
    assert post_json(client, MESSAGES, body).status_code == 200
    assert db.session.scalars(select(InboundMessage)).one().body == "Ja ? !"


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/xml", "", "application/json"])
def test_other_kinds_of_content_are_refused(client: FlaskClient, kind: str) -> None:
    content = urlencode(RECEIPT)
    answer = client.post(STATUS, data=content, content_type=kind, headers=signed(TOKEN, STATUS, RECEIPT))
    assert answer.status_code == 403


def test_a_body_beyond_what_twilio_sends_is_not_read(client: FlaskClient) -> None:
    form = REPLY | {"Padding": "x" * 100_000}
    assert client.post(MESSAGES, data=form, headers=signed(TOKEN, MESSAGES, form)).status_code == 413


@pytest.mark.parametrize("sender", ["22333", "Stadtwerke", "O2 & Co", "DHL Paket"])
def test_messages_of_companies_are_kept(client: FlaskClient, sender: str) -> None:
    form = REPLY | {"From": sender}
    assert client.post(MESSAGES, data=form, headers=signed(TOKEN, MESSAGES, form)).status_code == 200
    assert db.session.scalars(select(InboundMessage)).one().sender == sender


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (STATUS, RECEIPT | {"SmsSid": "SM" + "d" * 32}),
        (STATUS, RECEIPT | {"To": PHONE + "x"}),
        (STATUS, RECEIPT | {"MessageStatus": "failed", "ErrorCode": "٣٠"}),
        (MESSAGES, REPLY | {"From": "+４９15735990001"}),
        (MESSAGES, REPLY | {"From": "Ein langer Name"}),
        (MESSAGES, REPLY | {"From": ""}),
        (MESSAGES, REPLY | {"To": "nobody"}),
    ],
)
def test_what_is_cut_otherwise_than_twilio_cuts_it_is_malformed(
    client: FlaskClient, path: str, form: dict[str, str]
) -> None:
    assert client.post(path, data=form, headers=signed(TOKEN, path, form)).status_code == 400


NAMES = some.sampled_from([*RECEIPT, *REPLY, "SmsSid", "ErrorCode", "OptOutType", "bodySHA256"]) | some.text(max_size=9)
VALUES = some.sampled_from([*RECEIPT.values(), *REPLY.values(), SECOND, "STOP", "30003"]) | some.text(max_size=40)
FORMS = some.dictionaries(NAMES, VALUES, max_size=8)
KINDS = some.sampled_from(
    ["application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data"]
)
MANY = how(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(
    path=some.sampled_from([STATUS, MESSAGES]), form=FORMS, base=some.booleans(), token=some.sampled_from([TOKEN, "x"])
)
@example(path=MESSAGES, form={"Body": "\0"}, base=True, token=TOKEN)
def test_no_signed_form_breaks_us(client: FlaskClient, path: str, form: dict[str, str], base: bool, token: str) -> None:
    form = ((RECEIPT if path == STATUS else REPLY) if base else {}) | form
    sent = {name: value for name, value in form.items() if name.isprintable() and value.isprintable()}
    answer = client.post(path, data=sent, headers=signed(token, path, sent))
    assert answer.status_code in ((200, 204, 400, 403) if token == TOKEN else (403,))
    body = json.dumps(form).encode()
    assert post_json(client, path, body, token).status_code in ((200, 204, 400, 403) if token == TOKEN else (403,))


@MANY
@given(
    path=some.sampled_from([STATUS, MESSAGES]),
    query=some.binary(max_size=30),
    content=some.binary(max_size=200),
    kind=KINDS,
    signature=some.binary(max_size=40),
)
@example(path=STATUS, query=b"bodySHA256=%FF", content=b"{}", kind="application/json", signature=b"\xff")
@example(path=STATUS, query=b"bodySHA256=\xc3\xbc", content=b"{}", kind="application/json", signature=b"")
def test_no_bytes_break_us(
    client: FlaskClient, path: str, query: bytes, content: bytes, kind: str, signature: bytes
) -> None:
    given_ = "".join(sign for sign in signature.decode("latin-1") if sign not in "\r\n\0")
    answer = client.post(
        path,
        query_string=query.decode("latin-1"),
        data=content,
        content_type=kind,
        headers={"X-Twilio-Signature": given_},
    )
    assert answer.status_code == 403
