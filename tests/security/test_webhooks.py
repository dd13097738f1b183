"""Forged calls in the provider's name: none is taken, none breaks us, and none keeps the genuine ones out."""

import base64
import hashlib
import hmac
import json
import random
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from config.database import db
from config.settings import Settings
from notifications.models import InboundMessage, Receipt
from tests.fakes.provider import ACCOUNT, TOKEN

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.timeout(3600), pytest.mark.one_database]
BASE, STATUS, MESSAGES = "http://localhost", "/webhooks/twilio/status", "/webhooks/twilio/messages"
SECOND, SECOND_TOKEN = "AC" + "2" * 32, "9" * 32
FORM = "application/x-www-form-urlencoded"
REFUSALS = {400, 403, 404, 405, 413, 415}
Amount = Callable[[int, int], int]


@dataclass(frozen=True)
class Call:
    """A genuine call that a forger has got hold of; what they change in it is a copy."""

    path: str
    form: dict[str, Any]
    signature: str
    method: str = "POST"
    kind: str = FORM
    body: bytes | None = None
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def sent(self, client: FlaskClient) -> int:
        headers = self.headers | ({"X-Twilio-Signature": self.signature} if self.signature else {})
        data = self.form if self.body is None else self.body
        path = self.path + (f"?{self.query}" if self.query else "")
        return client.open(path, method=self.method, data=data, content_type=self.kind, headers=headers).status_code


def sign(path: str, form: dict[str, Any], token: str = TOKEN, base: str = BASE) -> str:
    return str(RequestValidator(token).compute_signature(base + path, form))


def genuine(chance: random.Random) -> Call:
    sid = "SM" + "".join(chance.choices("0123456789abcdef", k=32))
    form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "To": "+4915735990001"}
    if chance.random() < 0.5:
        form |= {"MessageStatus": chance.choice(("delivered", "undelivered", "failed"))}
        return Call(STATUS, form, sign(STATUS, form))
    form |= {"From": "+4915735990002", "Body": chance.choice(("Ja", "Übelkeit, 38,5 °C", "STOP", "é"))}
    return Call(MESSAGES, form, sign(MESSAGES, form))


def _other(call: Call, chance: random.Random) -> str:
    """A field that both kinds of call have, and that means something."""
    return chance.choice([name for name in call.form if name != "To"])


def _signed_elsewhere(call: Call, chance: random.Random) -> Call:
    places = [
        "https://localhost",
        "http://localhost:8000",
        "http://evil.example",
        "",
        "http://LOCALHOST",
    ]
    return replace(call, signature=sign(call.path, call.form, base=chance.choice(places)))


def _signed_by_others(call: Call, chance: random.Random) -> Call:
    return replace(
        call, signature=sign(call.path, call.form, chance.choice([SECOND_TOKEN, "", ACCOUNT, TOKEN.upper()]))
    )


def _damaged(call: Call, chance: random.Random) -> Call:
    sound = call.signature
    place = chance.randrange(len(sound) - 2)
    damages = [
        "", sound[:-1], sound[1:], sound.swapcase(), sound + "=", sound[:place] + "AAAA" + sound[place + 3 :], "=",
        base64.b64decode(sound).hex(), "é" * 28, "\xff" * 28, "A" * 5000, f"{sound},{sound}", f"sha1={sound}",
        base64.b64encode(chance.randbytes(20)).decode(),
    ]  # fmt: skip
    return replace(call, signature=chance.choice(damages))


def _other_hash(call: Call, chance: random.Random) -> Call:
    text = BASE + call.path + "".join(f"{name}{call.form[name]}" for name in sorted(call.form))
    digest = hmac.new(TOKEN.encode(), text.encode(), chance.choice(["sha256", "md5", "sha512"])).digest()
    return replace(call, signature=base64.b64encode(digest).decode())


def _altered(call: Call, chance: random.Random) -> Call:
    name = _other(call, chance)
    was = str(call.form[name])
    values = [was + " ", was + "\0", was[:-1], was + "x", "", f"{was}&{name}={was}"]
    return replace(call, form=call.form | {name: chance.choice(values)})


def _composed_otherwise(call: Call, chance: random.Random) -> Call:
    form = call.form | {"Body": "Müde"}
    was = sign(call.path, form)
    return replace(call, form=form | {"Body": unicodedata.normalize("NFD", "Müde")}, signature=was)


def _more_or_less(call: Call, chance: random.Random) -> Call:
    if chance.random() < 0.5:
        name = _other(call, chance)
        return replace(call, form={key: value for key, value in call.form.items() if key != name})
    return replace(call, form=call.form | {chance.choice(["ErrorCode", "OptOutType", "x", "messagesid"]): "1"})


def _twice(call: Call, chance: random.Random) -> Call:
    # The same value twice leaves the signature as it is: the field is missing then.
    name = chance.choice([one for one in ("MessageSid", "AccountSid", "MessageStatus", "From") if one in call.form])
    return replace(call, form=call.form | {name: [call.form[name], chance.choice([call.form[name], "other"])]})


def _recut(call: Call, chance: random.Random) -> Call:
    """Name and value are signed without a separator, so the border can be moved."""
    form = dict(call.form)
    sid = form.pop("MessageSid")
    return replace(call, form=form | {"MessageSid" + sid[:2]: sid[2:]})


def _other_method(call: Call, chance: random.Random) -> Call:
    method = chance.choice(["GET", "PUT", "PATCH", "DELETE", "HEAD", "TRACE"])
    return replace(call, method=method, headers={"X-HTTP-Method-Override": "POST"})


def _other_kind(call: Call, chance: random.Random) -> Call:
    kinds = [
        "text/plain",
        "application/json",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencodedx",
    ]
    return replace(call, kind=chance.choice(kinds), body=b"&".join(f"{k}={v}".encode() for k, v in call.form.items()))


def _json(call: Call, chance: random.Random) -> Call:
    body = json.dumps(call.form).encode()
    named = chance.choice([hashlib.sha256(body).hexdigest(), hashlib.sha256(b"{}").hexdigest(), "", "0" * 64, "%00"])
    query = f"bodySHA256={named}"
    signed = chance.choice([call.signature, sign(call.path, {}), sign(f"{call.path}?bodySHA256={'0' * 64}", {})])
    if named == "0" * 64 or (named == "" and chance.random() < 0.5):
        query = f"bodySHA256={'0' * 64}"  # signed, but of another body
    return replace(call, kind="application/json", body=body, query=query, signature=signed)


def _with_query(call: Call, chance: random.Random) -> Call:
    return replace(call, query=chance.choice(["a=1", "MessageStatus=delivered", "%00", "a=%ff", "&", "a=1&a=2", "ü=ü"]))


def _other_path(call: Call, chance: random.Random) -> Call:
    paths = [
        MESSAGES if call.path == STATUS else STATUS,
        call.path + "/",
        call.path.upper(),
        "/" + call.path,
        call.path + "%2F",
    ]
    return replace(call, path=chance.choice(paths))


def _huge(call: Call, chance: random.Random) -> Call:
    size = chance.choice([65_537, 200_000, 1_100_000])
    return replace(call, body=chance.choice([b"x", b"a=b&", b"%00"]) * (size // 3), signature=call.signature)


def _proxied(call: Call, chance: random.Random) -> Call:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Original-URL": call.path}
    return replace(call, signature=sign(call.path, call.form, base="https://evil.example"), headers=headers)


FORGERIES: tuple[Callable[[Call, random.Random], Call], ...] = (
    _signed_elsewhere, _signed_by_others, _damaged, _other_hash, _altered, _composed_otherwise, _more_or_less, _twice,
    _recut, _other_method, _other_kind, _json, _with_query, _other_path, _huge, _proxied,
)  # fmt: skip


@pytest.fixture
def settings(settings: Settings) -> Settings:
    more = [{"account_sid": SECOND, "auth_token": SECOND_TOKEN, "from": ["+4915735990077"]}]
    own = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "twilio_from": "+4915735990098"}
    return settings.changed(twilio_more=json.dumps(more), limit_webhooks="off", **own)


def stored() -> int:
    db.session.rollback()
    return sum(db.session.scalar(select(func.count()).select_from(model)) or 0 for model in (Receipt, InboundMessage))


def forged(number: int) -> Iterator[tuple[str, Call]]:
    chance = random.Random(20261126)
    for position in range(number):
        forge = FORGERIES[position % len(FORGERIES)]
        yield forge.__name__, forge(genuine(chance), chance)


def test_no_forgery_is_taken(client: FlaskClient, amount: Amount) -> None:
    client.application.config["PROPAGATE_EXCEPTIONS"] = False  # type: ignore[attr-defined]
    client.application.testing = False
    wrong: Counter[tuple[str, int]] = Counter()
    tried = 0
    for name, call in forged(amount(800, 50_000)):  # on each database
        code = call.sent(client)
        tried += 1
        if code not in REFUSALS:
            wrong[name, code] += 1
    assert not wrong
    assert stored() == 0
    assert genuine(random.Random(1)).sent(client) in (200, 204), "the genuine one is"
    assert stored() == 1
    assert tried == amount(800, 50_000)


def test_forgers_are_counted_and_keep_nobody_out(app: Any, client: FlaskClient) -> None:
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(limit_webhooks="5 per hour")
    codes = [replace(genuine(random.Random(n)), signature="forged").sent(client) for n in range(8)]
    assert codes == [403] * 5 + [429] * 3
    assert genuine(random.Random(1)).sent(client) in (200, 204)


def test_the_order_of_fields_is_no_forgery(client: FlaskClient) -> None:
    call = genuine(random.Random(1))
    assert replace(call, form=dict(reversed(call.form.items()))).sent(client) in (200, 204)
