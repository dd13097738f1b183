"""A town whose people plant a canary in every field that takes words of theirs: requests, cases, answers, messages."""

import base64
import io
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from auth.models import Office
from config.database import db
from notifications.inbox import InboundMessage
from notifications.models import Notification
from notifications.schedule import run_due_jobs
from tests.factories.services import PDF, answers, picture
from tests.fakes.provider import ACCOUNT, NUMBER, TOKEN, Provider
from tests.fixtures.application import Login
from tests.integration.care.test_own_cases import code_in, letter, post, redeem
from tests.integration.care.test_staff_pages import csrf
from tests.integration.services.filling_in import all_through
from tests.integration.services.test_pages import APPLY, FILLED, hidden, page
from tests.support.canaries import Canaries, WatchedClient

CASES = "/api/v1/care/cases"
MESSAGES = "/webhooks/twilio/messages"
BORN, BIRTH_DAY = "1913-02-27", "27.02.1913"


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
        file = (scan, word(f"request: file name {len(changes)}") + ".jpg")
        answer = ok(all_through(client, APPLY, **FILLED | typed | {"f_registration": file} | changes), 422, 303)
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
    ok(client.get("/account/"))
    _apply_by_api(town)


def _apply_by_api(town: Town) -> None:
    word, client, url = town.plant.word, town.app.test_client(), "/api/v1/services/bewohnerparkausweis/requests"
    content = base64.b64encode(PDF + b"% " + word("request by API: content").encode()).decode()
    file = {"field": "registration", "file_name": word("request by API: file name") + ".pdf", "data": content}
    names = {name: word(f"request by API: {name}") for name in ("given_name", "family_name")}
    for given, code in (({"given_name": word("request by API: unusable answer")}, 422), (answers(**names), 201)):
        headers = town.bearer("caseworker") | {"Idempotency-Key": word(f"idempotency key of a request: {code}")}
        ok(client.post(url, json={"answers": given, "uploads": [file]}, headers=headers), code)


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
    _contacts_are_named(town, officer)
    _an_occasion_has_guests(town, officer)
    _link(town, officer, reference)
    _import(town)
    return reference


def _case_by_api(town: Town) -> str:
    word = town.plant.word
    address = {name: word(f"API: {name}") for name in ("street", "city", "addition", "country")}
    person = {
        "given_name": word("API: given name"),
        "family_name": word("API: family name"),
        "birth_date": BORN,
        "phone": town.plant.phone("API: phone"),
        "email": town.plant.mail("API: email"),
        "address": address | {"postal_code": "38100"},
        "locale": "de",
        "channel": "sms",
    }
    town.plant.plant("API: birth date", BORN)
    town.plant.plant("API: first positive sample", "2026-10-29")
    town.plant.plant("API: report to the office", "2026-10-28")
    case = {
        "kind": "contact",
        "protocol": "covid-19",
        "person": person,
        "last_exposure_on": "2026-11-01",
        "first_positive_on": "2026-10-29",
        "reported_on": "2026-10-28",
        "external_id": word("API: external id"),
    }
    headers = town.bearer("health_officer") | {"Idempotency-Key": word("idempotency key of a case")}
    client = town.app.test_client()
    made = ok(client.post(CASES, json=case, headers=headers), 201)
    again = ok(client.post(CASES, json=case, headers=headers), 201)
    assert again.json["reference"] == made.json["reference"]
    town.clients.append(client)  # type: ignore[arg-type]
    return str(made.json["reference"])


def _contacts_are_named(town: Town, officer: WatchedClient) -> None:
    """By an infected person: on the phone, by API, and one by the link; the first is taken into care."""
    word, client, headers = town.plant.word, town.app.test_client(), town.bearer("health_officer")
    person = {"given_name": word("index case: given name"), "family_name": word("index case: family name")}
    person |= {"birth_date": "1984-05-17", "phone": town.plant.phone("index case: phone"), "channel": "sms"}
    case = {"kind": "index", "protocol": "covid-19", "person": person, "first_positive_on": "2026-11-01"}
    reference = ok(client.post(CASES, json=case, headers=headers), 201).json["reference"]
    at = f"/care/cases/{reference}"
    token = {"csrf_token": csrf(officer.get(at))}
    names = ("given_name", "family_name", "relation", "remark")
    typed = {f"named-{name}": word(f"named by phone: {name}") for name in names}
    typed |= {"named-phone": town.plant.phone("named by phone: phone"), "named-source": "phone"}
    ok(officer.post(f"{at}/contacts", data=token | typed), 303)
    contact = {name: word(f"named by API: {name}") for name in names}
    contact["email"] = town.plant.mail("named by API: email")
    ok(client.post(f"{CASES}/{reference}/contacts", json={"contacts": [contact]}, headers=headers), 201)
    enrol = page(officer.get(at)).select_one("#contacts form:has([value=enrol])")
    assert enrol
    ok(officer.post(str(enrol["action"]), data=token | {"action": "enrol"}), 303)
    ok(officer.post(f"{at}/contacts/ask", data=token), 303)
    with town.app.app_context():
        mine = Notification.about == reference, Notification.template == "care.name_contacts"
        body = db.session.scalars(select(Notification).where(*mine)).one().body or ""
    browser, link = town.browser(), next(part for part in body.split() if "/c/" in part).partition("localhost")[2]
    form = {"csrf_token": csrf(browser.get(link)), "birth_date": "17.05.1984", "step": "finish"}
    form |= {f"contacts-0-{name}": word(f"named by link: {name}") for name in names}
    ok(browser.post(link, data=form), 303)
    ok(officer.get(at), 200)


def _an_occasion_has_guests(town: Town, officer: WatchedClient) -> None:
    """Recorded by staff, one guest named by them and one by the organiser, both taken into care at once."""
    word, at = town.plant.word, "/care/occasions/"
    token = {"csrf_token": csrf(officer.get(at))}
    what = {"name": word("occasion: name"), "place": word("occasion: place"), "held_on": "2026-11-01"}
    url = ok(officer.post(at, data=token | what | {"protocol": "covid-19"}), 303).headers["Location"]
    line = ";".join((word("guest: given name"), word("guest: family name"), town.plant.phone("guest: phone")))
    ok(officer.post(f"{url}/guests", data=token | {"lines": line}), 303)
    shown = page(ok(officer.post(f"{url}/link", data=token), 200)).select_one("code")
    assert shown
    browser, link = town.browser(), shown.text.partition("localhost")[2]
    columns = f"Vorname;E-Mail;Bemerkung\n{word('organiser: given name')};{town.plant.mail('organiser: email')};"
    file = (io.BytesIO((columns + word("organiser: remark")).encode()), word("organiser: file name") + ".csv")
    ok(browser.post(link, data={"csrf_token": csrf(browser.get(link)), "file": file}), 303)
    preview = page(ok(officer.post(f"{url}/enrol", data=token), 200))
    guests = [str(one["value"]) for one in preview.select("input[name=guest]")]
    assert len(guests) == 2
    ok(officer.post(f"{url}/enrol", data=token | {"confirmed": "1", "guest": guests}), 303)
    ok(officer.get(url), 200)


def _act_on(town: Town, officer: WatchedClient, reference: str) -> None:
    word, client, headers = town.plant.word, town.app.test_client(), town.bearer("health_officer")
    url = f"{CASES}/{reference}"
    ok(client.post(f"{url}/reports", headers=headers, json={"symptoms": {"cough": True}, "note": word("API: note")}))
    ok(client.post(f"{url}/reviews", headers=headers, json={"outcome": "dismissed", "note": word("API: review")}))
    order = {"event": "issue_written", "legal_basis": word("API: legal basis"), "ends_on": "2026-11-14"}
    ok(client.post(f"{url}/orders", headers=headers, json=order))
    wish = {"kind": "food", "note": word("support by API: note")}
    ok(client.post(f"{url}/support-requests", headers=headers, json=wish), 201)
    ok(client.post(f"{url}/actions", headers=headers, json={"action": _small(word("API: action"))}))
    ok(client.post(f"{url}/actions", headers=headers, json={"action": "none"}))
    _note_its_course(town, url)
    at = f"/care/cases/{reference}"
    token = {"csrf_token": csrf(officer.get(at))}
    report = {"report-feeling": "yes", "report-symptoms": ["fever"], "report-note": word("phone report: note")}
    ok(officer.post(f"{at}/reports", data=token | report), 303)
    ok(officer.post(f"{at}/reviews", data=token | {"review-outcome": "confirmed", "review-note": word("review: note")}))
    wish = {"support-kind": "medicine", "support-note": word("support by phone: note"), "support-source": "phone"}
    ok(officer.post(f"{at}/support", data=token | wish), 303)
    ending = page(officer.get("/care/support/")).select_one("form:has(textarea)")
    assert ending
    ok(officer.post(str(ending["action"]), data=token | {"action": "decline", "note": word("support: reason")}), 303)
    ok(officer.get(at), 200)
    ok(client.get(f"{url}/timeline", headers=headers), 200)


def _note_its_course(town: Town, url: str) -> None:
    word, client, headers = town.plant.word, town.app.test_client(), town.bearer("health_officer")
    for action, body in (
        ("conversion", {"to": "traveller", "entered_on": "2026-10-30", "note": word("API: conversion")}),
        ("conversion", {"to": "contact", "last_exposure_on": "2026-11-01"}),
        ("dates", {"entered_on": None, "note": word("API: correction of dates")}),
        ("details", {"follow_up_on": "2026-11-09", "follow_up_note": word("API: follow-up"), "assigned_to": "me"}),
        ("vaccinations", {"vaccine": word("API: vaccine")}),
        ("travel", {"place": word("API: place"), "note": word("API: journey")}),
        ("exposures", {"until_on": "2026-11-01", "source": word("API: source"), "note": word("API: exposure")}),
        ("comments", {"text": word("API: comment")}),
        ("contact-attempts", {"means": "phone", "outcome": "reached", "note": word("API: attempt")}),
        ("status", {"action": "hospitalise", "note": word("API: hospital")}),
        ("status", {"action": "discharge"}),
    ):
        ok(client.post(f"{url}/{action}", headers=headers, json=body))


def _link(town: Town, officer: WatchedClient, reference: str) -> None:
    """A letter with a code, to somebody else's address; its reader answers with a login. A hold is put on all of it."""
    word, reader, at = town.plant.word, town.person("resident2"), f"/care/cases/{reference}"
    paper = letter(officer, reference, **{"link-addressee": f"{word('code letter: addressee')}\n38100 Okerfeld"})
    ok(redeem(reader, code_in(paper), BIRTH_DAY), 303)
    own = f"/account/case/{reference}/"
    answer = {"feeling": "yes", "symptoms": ["cough"], "note": word("own case: note")}
    answer |= {"support": ["animals"], "support_note": word("own case: support")}
    ok(post(reader, own, f"{own}answer", **answer), 303)
    hold = {"kind": "case", "reference": reference, "about": "case", "reason": word("hold: reason")}
    ok(post(town.person("healthadmin"), at, "/staff/privacy/holds", **hold), 303)


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
        "support": ["interpreter"],
        "support_note": word("check-in: support"),
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
    ok(officer.post("/staff/messages/search", data=closed | {"recipient": town.plant.mail("search: address")}), 302)
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
    headers, offered = town.bearer("health_officer", office=other), f"/api/v1/care/transfers/{reference}"
    refusal = {"accept": False, "reason": word("transfer: why it was refused")}
    ok(town.app.test_client().post(offered, json=refusal, headers=headers), 200)
    ok(officer.post(f"{at}/transfer", data=data), 303)
    ok(town.app.test_client().post(offered, json={"accept": True}, headers=headers), 200)
    close = {"reason": "other", "note": word("API: closing note")}
    ok(town.app.test_client().post(f"{CASES}/{reference}/close", json=close, headers=headers), 200)


def _is_officer(client: WatchedClient) -> bool:
    return any("/care/cases/new" in address for address in client.__dict__.get("addresses", []))
