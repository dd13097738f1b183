"""Canaries in every field that takes people's words: none in logs, addresses, broker, SMS, or readable in the database.

Pages may show them to whoever may see them, mails where their template says so, papers to whom they were made for.
"""

import base64
import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis as redis_client
from flask import Flask
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from auth.models import Department, Office
from config import clock, group_keys
from config.database import db
from config.settings import Settings
from notifications.celery_app import waker
from notifications.inbox import InboundMessage
from notifications.schedule import run_due_jobs
from tests.factories.care import MONDAY
from tests.factories.services import picture
from tests.fakes.provider import ACCOUNT, NUMBER, TOKEN, Provider
from tests.fakes.smtp_sink import SmtpSink
from tests.fixtures.application import DomainClock, Login
from tests.fixtures.brokers import Broker
from tests.integration.care.test_staff_pages import csrf
from tests.integration.services.test_pages import APPLY, FILLED, form_at, hidden, page
from tests.support.canaries import Canaries, WatchedClient, stored

pytestmark = [pytest.mark.timeout(300)]
CASES = "/api/v1/care/cases"
MESSAGES = "/webhooks/twilio/messages"
# The office writes these into a message itself, with these very words.
MEANT_FOR_SMS = ("answer to a reply", "text of a bulk send", "value of a bulk send", "text by API")


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.stop()


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    made = SmtpSink()
    yield made
    made.stop()


@pytest.fixture
def settings(settings: Settings, provider: Provider, sink: SmtpSink, redis_broker: Broker) -> Settings:
    return settings.changed(
        smtp_url=sink.url,
        broker_url=redis_broker.url,
        broker_prefix=redis_broker.environment["OBHUT_BROKER_PREFIX"],
        log_level="DEBUG",
        **provider.settings,
    )


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


class Town:
    """The people of this story: each acts in one browser or with one token, and plants what they are asked for."""

    def __init__(self, app: Flask, canaries: Canaries, login: Login, bearer: Callable[..., dict[str, str]]) -> None:
        self.app, self.plant, self._login, self.bearer = app, canaries, login, bearer
        self.clients: list[WatchedClient] = []

    def browser(self) -> WatchedClient:
        made = WatchedClient(self.app, self.app.response_class)
        made.environ_base["HTTP_USER_AGENT"] = f"Mozilla/5.0 {self.plant.word(f'user agent {len(self.clients)}')}"
        self.clients.append(made)
        return made

    def person(self, account: str) -> WatchedClient:
        """Somebody who logs in, with a canary in every claim of theirs."""
        word = self.plant.word
        claims = {name: word(f"{account}: {name}") for name in ("given_name", "family_name", "name", "nickname")}
        street = {name: word(f"{account}: {name}") for name in ("street_address", "locality", "region", "country")}
        claims |= {
            "email": self.plant.mail(f"{account}: email"),
            "phone_number": self.plant.phone(f"{account}: phone"),
            "address": street | {"postal_code": "38999"},
        }
        return self._login(self.browser(), account, **claims)  # type: ignore[return-value]

    def settle(self) -> None:
        with self.app.app_context():
            for _ in range(6):
                if not any(run_due_jobs().values()):
                    return

    def addresses(self) -> str:
        return "\n".join(address for client in self.clients for address in client.__dict__.get("addresses", []))


@pytest.fixture
def town(app: Flask, canaries: Canaries, login: Login, bearer: Callable[..., dict[str, str]]) -> Town:
    app.test_client_class = WatchedClient
    with app.app_context():
        group_keys.prepare()
    return Town(app, canaries, login, bearer)


def ok(answer: Any, *codes: int) -> Any:
    assert answer.status_code in (codes or (200, 201, 202, 303)), answer.get_data(as_text=True)[:1500]
    return answer


def residents_apply(town: Town) -> None:
    word, client = town.plant.word, town.person("resident")
    typed = {
        "f_given_name": word("request: given name"),
        "f_family_name": word("request: family name"),
        "f_address-street": word("request: street"),
        "f_address-city": word("request: city"),
        "f_email": town.plant.mail("request: email"),
        "f_holder": "other",
        "f_holder_name": word("request: holder"),
    }
    for changes in ({"f_consent": None}, {}):  # once as a draft, with a mistake in it
        scan = picture() + word(f"request: content {len(changes)}").encode()
        file = (io.BytesIO(scan), word(f"request: file name {len(changes)}") + ".jpg")
        data = FILLED | typed | form_at(client, APPLY) | {"f_registration": file} | changes
        given = {name: value for name, value in data.items() if value is not None}
        answer = ok(client.post(APPLY, data=given), 422, 303)
    address = answer.headers["Location"].partition("?")[0]
    reference = address.rsplit("/", 1)[-1]
    worker = town.person("caseworker")
    for actor, url, action, field in (
        (worker, f"/staff/requests/{reference}", "take", None),
        (worker, f"/staff/requests/{reference}", "ask", "question to the applicant"),
        (client, f"/requests/{reference}", "answer", "answer of the applicant"),
        (worker, f"/staff/requests/{reference}", "approve", "reason of the decision"),
    ):
        form = hidden(page(actor.get(url)).select_one("main form[method=post]"))  # type: ignore[arg-type]
        ok(actor.post(url, data=form | {"action": action, "message": word(field) if field else ""}))
    body = {"answers": {"given_name": word("request by API: unusable answer")}, "uploads": []}
    ok(client.get("/account/"))
    town.app.test_client().post(
        "/api/v1/services/bewohnerparkausweis/requests",
        json=body,
        headers=town.bearer("caseworker") | {"Idempotency-Key": word("idempotency key of a refused request")},
    )


def people_come_into_care(town: Town) -> str:
    """By the form, by API and by file; the reference of the one by API."""
    word, officer = town.plant.word, town.person("officer")
    new = csrf(officer.get("/care/cases/new"))
    form = {"csrf_token": new, "kind": "contact", "protocol": "covid-19", "last_exposure_on": "2026-11-01"}
    person = {
        "given_name": word("form: given name"),
        "family_name": f"{word('form: family name')} von der {word('form: second name')}-Heide",
        "phone": town.plant.phone("form: phone"),
        "email": town.plant.mail("form: email"),
        "channel": "sms",
        "locale": "de",
        "contact_window": "unset",
    }
    ok(officer.post("/care/cases/new", data=form | {f"person-{name}": value for name, value in person.items()}), 303)
    ok(officer.post("/care/cases/search", data={"csrf_token": new, "q": word("what somebody looked for")}), 200)
    ok(officer.get("/care/cases/?q=" + person["given_name"]), 302)
    reference = _case_by_api(town)
    _act_on(town, officer, reference)
    _import(town)
    return reference


def _case_by_api(town: Town) -> str:
    word = town.plant.word
    address = {name: word(f"API: {name}") for name in ("street", "city", "addition", "country")}
    person = {
        "given_name": word("API: given name"),
        "family_name": word("API: family name"),
        "birth_date": "1913-02-27",
        "phone": town.plant.phone("API: phone"),
        "email": town.plant.mail("API: email"),
        "address": address | {"postal_code": "38100"},
        "locale": "de",
        "channel": "sms",
    }
    town.plant.plant("API: birth date", "1913-02-27")
    town.plant.plant("API: first positive sample", "2026-10-29")
    case = {
        "kind": "contact",
        "protocol": "covid-19",
        "person": person,
        "last_exposure_on": "2026-11-01",
        "first_positive_on": "2026-10-29",
        "external_id": word("API: external id"),
    }
    headers = town.bearer("health_officer") | {"Idempotency-Key": word("idempotency key of a case")}
    client = town.app.test_client()
    made = ok(client.post(CASES, json=case, headers=headers), 201)
    again = ok(client.post(CASES, json=case, headers=headers), 201)
    assert again.json["reference"] == made.json["reference"]
    town.clients.append(client)  # type: ignore[arg-type]
    return str(made.json["reference"])


def _act_on(town: Town, officer: WatchedClient, reference: str) -> None:
    word, client, headers = town.plant.word, town.app.test_client(), town.bearer("health_officer")
    url = f"{CASES}/{reference}"
    ok(client.post(f"{url}/reports", headers=headers, json={"symptoms": {"cough": True}, "note": word("API: note")}))
    ok(client.post(f"{url}/reviews", headers=headers, json={"outcome": "dismissed", "note": word("API: review")}))
    order = {"event": "issue_written", "legal_basis": word("API: legal basis"), "ends_on": "2026-11-14"}
    ok(client.post(f"{url}/orders", headers=headers, json=order))
    ok(client.post(f"{url}/actions", headers=headers, json={"action": _small(word("API: action"))}))
    ok(client.post(f"{url}/actions", headers=headers, json={"action": "none"}))
    at = f"/care/cases/{reference}"
    token = {"csrf_token": csrf(officer.get(at))}
    report = {"report-feeling": "yes", "report-symptoms": ["fever"], "report-note": word("phone report: note")}
    ok(officer.post(f"{at}/reports", data=token | report), 303)
    ok(officer.post(f"{at}/reviews", data=token | {"review-outcome": "confirmed", "review-note": word("review: note")}))
    ok(officer.get(at), 200)
    ok(client.get(f"{url}/timeline", headers=headers), 200)


def _small(word: str) -> str:
    return "".join(letter for letter in word.lower() if letter.isalpha())


def _import(town: Town) -> None:
    word, tracer = town.plant.word, town.person("tracer")
    columns = (
        "externalID,disease,lastContactDate,person.firstName,person.lastName,person.birthdateDD,person.birthdateMM,"
    )
    columns += "person.birthdateYYYY,person.address.city,person.address.street,person.phone,person.emailAddress"
    row = [word("file: external id"), "CORONAVIRUS", "01.11.2026", word("file: given name"), word("file: family name")]
    row += ["27", "2", "1961", word("file: city"), word("file: street"), town.plant.phone("file: phone")]
    row += [town.plant.mail("file: email")]
    spoilt = [word("file: refused external id"), word("file: unknown disease"), "gestern", word("file: refused name")]
    lines = [columns, ",".join(row), ",".join(spoilt + [""] * 8)]
    at = "/care/imports/"
    form = hidden(page(tracer.get(at)).select_one("form[enctype]"))  # type: ignore[arg-type]
    file = (io.BytesIO("\n".join(lines).encode()), word("file: file name") + ".csv")
    url = ok(tracer.post(at, data=form | {"format": "auto", "file": file}), 303).headers["Location"]
    ok(tracer.get(f"{url}?show=problems"), 200)
    ok(tracer.post(f"{url}/confirm", data={"csrf_token": csrf(tracer.get(url))}), 303)


def people_answer(town: Town, provider: Provider, reference: str) -> None:
    """By link, with a note; by SMS, in words that nobody understands."""
    word = town.plant.word
    texts = [each for each in provider.accepted if "/c/" in each["Body"]]
    assert texts
    browser = town.browser()
    link = next(part for part in texts[-1]["Body"].split() if "/c/" in part).partition("localhost")[2].rstrip(".")
    form = {
        "csrf_token": csrf(browser.get(link)),
        "feeling": "yes",
        "symptoms": ["cough"],
        "note": word("check-in: note"),
    }
    ok(browser.post(link, data=form), 303)
    reply = {
        "MessageSid": "SM" + "d" * 32,
        "AccountSid": ACCOUNT,
        "From": texts[0]["To"],
        "To": NUMBER,
        "Body": f"Ich war bei {word('SMS reply')} in Peine",
    }
    signature = RequestValidator(TOKEN).compute_signature("http://localhost" + MESSAGES, reply)
    ok(town.app.test_client().post(MESSAGES, data=reply, headers={"X-Twilio-Signature": signature}), 200, 204)


def the_office_writes(town: Town, reference: str) -> None:
    word, officer = town.plant.word, town.clients[[*map(_is_officer, town.clients)].index(True)]
    with town.app.app_context():
        inbound = db.session.scalars(select(InboundMessage.id)).one()
    url = f"/staff/messages/inbox/{inbound}"
    token = {"csrf_token": csrf(officer.get(url))}
    ok(officer.post(url, data=token | {"text": f"Bitte melden: {word('answer to a reply')}"}), 302)
    new = "/staff/messages/bulk/new"
    form = hidden(page(officer.get(new)).main.find("form", method="post"))  # type: ignore[union-attr,arg-type]
    rows = f"Telefon;Sprache;Wort\n{town.plant.phone('bulk send: phone')};de;{word('value of a bulk send')}\n"
    rows += f"{word('bulk send: unusable row')};de;x\n"
    file = (io.BytesIO(rows.encode()), word("bulk send: file name") + ".csv")
    text = f"{word('text of a bulk send')} ((Wort))"
    drafted = ok(officer.post(new, data=form | {"name": word("bulk send: name"), "text": text, "file": file}), 303)
    ok(officer.post(f"{drafted.headers['Location']}/start", data={"csrf_token": form["csrf_token"]}), 303)
    closed = {"csrf_token": form["csrf_token"], "address": town.plant.mail("suppression: address"), "reason": "wish"}
    officer.post("/staff/messages/suppressions", data=closed)
    message = {
        "template": "notifications.plain",
        "recipient": {"phone": town.plant.phone("message by API: phone"), "locale": "de"},
        "variables": {"text": word("text by API")},
        "about": reference,
        "key": word("message by API: key"),
    }
    headers = town.bearer("health_officer") | {"Idempotency-Key": word("idempotency key of a message")}
    ok(town.app.test_client().post("/api/v1/notifications", json=message, headers=headers), 202)
    for place in ("", "log", "inbox", "queue", "failures", "bulk/"):
        officer.get(f"/staff/messages/{place}")
    _hand_over_and_close(town, officer, reference)


def _hand_over_and_close(town: Town, officer: WatchedClient, reference: str) -> None:
    word, at = town.plant.word, f"/care/cases/{reference}"
    with town.app.app_context():
        other = db.session.scalars(select(Office.code).where(~Office.is_default)).one()
    token = {"csrf_token": csrf(officer.get(at))}
    data = token | {"transfer-office": other, "transfer-note": word("transfer: note")}
    ok(officer.post(f"{at}/transfer", data=data), 303)
    close = {"reason": "other", "note": word("API: closing note")}
    headers = town.bearer("health_officer", office=other)
    ok(town.app.test_client().post(f"{CASES}/{reference}/close", json=close, headers=headers), 200)


def _is_officer(client: WatchedClient) -> bool:
    return any("/care/cases/new" in address for address in client.__dict__.get("addresses", []))


def test_no_canary_sings(
    town: Town, canaries: Canaries, provider: Provider, sink: SmtpSink, settings: Settings, redis_broker: Broker,
    domain_clock: DomainClock, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    domain_clock.set(MONDAY)
    residents_apply(town)
    reference = people_come_into_care(town)
    town.settle()
    domain_clock.forward(hours=4)
    town.settle()
    people_answer(town, provider, reference)
    town.settle()
    the_office_writes(town, reference)
    domain_clock.forward(hours=30)
    town.settle()
    waker.flush()

    assert len(canaries.planted) > 70
    assert len(provider.accepted) >= 5 and sink.mails
    metrics = town.app.test_client().get("/metrics")
    said = capfd.readouterr()
    logs = "\n".join(f"{one.name} {one.getMessage()} {one.args} {one.exc_text}" for one in caplog.records)
    own = "\n".join(line for line in logs.splitlines() if not line.startswith(("mail.log", "asyncio")))
    assert canaries.found_in(said.out + said.err) == []
    assert canaries.found_in(own) == []
    assert canaries.found_in(town.addresses()) == []
    assert canaries.found_in("\n".join(provider.bodies()), except_in=MEANT_FOR_SMS) == []
    assert canaries.found_in(metrics.data) == []
    assert canaries.found_in(_queued(redis_broker)) == []
    leaks = {name: found for name, data in stored(settings.database_url) if (found := canaries.found_in(data))}
    assert leaks == {}


def _queued(broker: Broker) -> bytes:
    """Every message that waits in the broker, with its body decoded."""
    found = []
    with redis_client.Redis.from_url(broker.url) as connection:
        for key in connection.scan_iter(match=f"{broker.environment['OBHUT_BROKER_PREFIX']}*"):
            if connection.type(key) == b"list":
                found += connection.lrange(key, 0, -1)
    assert found, "nothing was published"
    bodies = [part for each in found for part in each.split(b'"') if len(part) > 40]
    return b"\n".join([*found, *map(_decoded, bodies)])


def _decoded(part: bytes) -> bytes:
    try:
        return base64.b64decode(part, validate=True)
    except ValueError:
        return b""


def test_a_canary_that_sings_is_heard(canaries: Canaries, settings: Settings, app: Flask) -> None:
    with app.app_context():
        word = canaries.word("department: name")
        db.session.add(Department(code="x", name=word, created_at=clock.wall()))
        db.session.commit()
    heard = [name for name, data in stored(settings.database_url) if canaries.found_in(data)]
    assert "department" in heard
    for disguised in (f"/care/?q={word.upper()}", word.encode().hex(), word.encode("utf-16-le")):
        assert canaries.found_in(disguised) == ["department: name"]
