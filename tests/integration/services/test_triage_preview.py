"""What one is told before an act on many requests is carried out, and where one is afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from config import clock
from config.database import transaction
from config.errors import Forbidden
from services import proposals, queries, triage
from services.lifecycle import Action, RequestStatus
from services.triage import Kind, Triage
from tests.factories import services as given
from tests.integration.services import test_report_words as report_words
from tests.integration.services.test_pages import csrf, page

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]


def test_who_asks_is_told_of_the_proposal_that_is_dropped() -> None:
    first, second = given.caseworker(), given.caseworker()
    with given.defined(four_eyes=True):
        proposed, plain = (given.submitted(given.resident()).reference for _ in range(2))
        for reference in (proposed, plain):
            given.acted(reference, Action.TAKE, first)
        given.acted(proposed, Action.PROPOSE_APPROVE, first, "Alles liegt vor.")
        command = Triage(kind=Kind.ASK, rows=(proposed, plain), message="Seit wann?")
        outcomes = {one.reference: one.drops_proposal for one in triage.preview(command, second)}
        assert outcomes == {proposed: True, plain: False}
        assert proposals.waiting(queries.get(second, proposed)) is not None
        triage.carry_out(command, second)
        assert proposals.waiting(queries.get(second, proposed)) is None


def test_what_is_marked_already_is_said_to_be() -> None:
    caseworker = given.caseworker()
    reference = given.submitted(given.resident()).reference
    for kind, hindered in ((Kind.PRIORITISE, False), (Kind.UNPRIORITISE, True)):
        (outcome,) = triage.preview(Triage(kind=kind, rows=(reference,)), caseworker)
        assert (outcome.error is not None) is hindered
    given.acted(reference, Action.PRIORITISE, caseworker)
    (outcome,) = triage.preview(Triage(kind=Kind.PRIORITISE, rows=(reference,)), caseworker)
    assert "already" in str(outcome.error)


REPORT = {"slug": report_words.SLUG, "answers": report_words.ANSWERS, "uploads": ()}


@pytest.mark.parametrize(
    ("department", "what", "word"),
    [(given.DEPARTMENT, {}, "request"), (report_words.DEPARTMENT, REPORT, "report")],
    ids=["request", "report"],
)
def test_it_is_said_plainly_that_nobody_works_on_their_own(department: str, what: dict[str, Any], word: str) -> None:
    caseworker = given.caseworker(department)
    own, other = (given.submitted(one, **what).reference for one in (caseworker, given.resident()))
    for kind in Kind:  # some of them are nobody's as the requests stand
        command = Triage(kind=kind, rows=(own, other), to="me", message="Seit wann?", only_possible=True)
        told = {one.reference: str(one.error) for one in triage.preview(command, caseworker)}
        assert told[own] == f"Nobody may work on their own {word}."
        assert told[other] != told[own]
    (outcome,) = triage.carry_out(command.model_copy(update={"rows": (own,)}), caseworker)
    assert str(outcome.error) == told[own]
    with pytest.raises(Forbidden, match="permission"):  # who works nowhere reads nothing of working
        given.acted(own, Action.TAKE, given.resident(caseworker.user_id))
    given.acted(own, Action.WITHDRAW, caseworker)


def test_after_an_act_on_many_one_is_back_in_the_list_that_one_chose(app: Any, client: FlaskClient, login: Any) -> None:
    login(client, "caseworker")
    with app.app_context():
        reference = given.submitted(given.resident()).reference
    chosen = "/staff/requests/?status=submitted&service=bewohnerparkausweis&sort=latest"
    bulk = page(client.get(chosen)).select_one("#bulk-form")
    assert bulk is not None
    data = csrf(client, chosen) | {"kind": "hand_on", "row": reference}
    outside = "&next=https://evil.example&_scheme=javascript&_external=1"
    preview = page(client.post(str(bulk["action"]) + outside, data=data))
    run = preview.select_one("main form[action*=triage]")
    assert run is not None and "evil" not in str(run["action"])
    incomplete = page(client.post(str(run["action"]), data=data), 422)
    done = page(client.post(str(run["action"]), data=data | {"kind": "take"}))
    for shown in (preview, incomplete, done):
        (back,) = [link["href"] for link in shown.select("main a") if "Zur Arbeitsliste" in link.get_text()]
        assert set(str(back).partition("?")[2].split("&")) == set(chosen.partition("?")[2].split("&")), back
        assert str(back).startswith("/staff/requests/?")
    nothing = client.post(str(run["action"]), data=csrf(client, chosen))
    assert (nothing.status_code, nothing.location) == (303, back)


def test_who_asks_many_at_once_reads_whom_nobody_tells_of_it(app: Any, client: FlaskClient, login: Any) -> None:
    login(client, "caseworker")
    with app.app_context():
        told, untold = (given.submitted(given.resident()).reference for _ in range(2))
        for reference in (told, untold):
            given.acted(reference, Action.TAKE, given.caseworker())
        with transaction():
            queries.get(given.caseworker(), untold).contact = {"given_name": "Ilka"}
    sent = csrf(client, "/staff/requests/") | {"row": [told, untold]}
    marked = {}
    for kind in ("ask", "hand_on"):
        rows = page(client.post("/staff/requests/triage", data=sent | {"kind": kind})).select("tbody tr")
        marked[kind] = {
            reference: "erfährt niemand von selbst" in row.get_text()
            for row in rows
            for reference in (told, untold)
            if reference in row.get_text()
        }
    assert marked == {"ask": {told: False, untold: True}, "hand_on": {told: False, untold: False}}


def test_many_questions_that_nobody_answered_are_gone_on_without(app: Any, client: FlaskClient, login: Any) -> None:
    login(client, "caseworker")
    caseworker = given.caseworker()
    with app.app_context():
        late, awaited, new = (given.submitted(given.resident()).reference for _ in range(3))
        with clock.frozen(clock.now() - timedelta(days=60)):
            for reference in (late, awaited):
                given.acted(reference, Action.TAKE, caseworker)
            given.acted(late, Action.ASK, caseworker, "Seit wann?")
        given.acted(awaited, Action.ASK, caseworker, "Seit wann?")
    chosen = "/staff/requests/?status=open&unanswered=1"
    shown = page(client.get(chosen))
    assert late in shown.get_text() and awaited not in shown.get_text()
    option = shown.select_one("#bulk-kind option[value=resume]")
    assert option is not None and option.get_text() == "Ohne Antwort fortsetzen"
    data = csrf(client, chosen) | {"kind": "resume", "row": [late, awaited, new]}
    preview = page(client.post("/staff/requests/triage", data=data))
    (one,), (other,), (third,) = ([r for r in preview.select("tbody tr") if x in r.get_text()] for x in data["row"])
    assert "möglich" in one.get_text() and "rechtzeitig" not in one.get_text()
    assert "rechtzeitig" in other.get_text()
    assert "nicht möglich" in third.get_text() and "Eingereicht" in third.get_text()
    done = page(client.post("/staff/requests/triage/run", data=data | {"only_possible": "1"}))
    assert "Bei 2 von 3" in done.get_text()
    with app.app_context():
        for reference in (late, awaited):
            request = queries.get(caseworker, reference)
            assert (request.status, request.answer_due_on) == (RequestStatus.IN_REVIEW, None)
            assert request.clock_stopped_on is None and request.events[-1].action is Action.RESUME
        assert queries.get(caseworker, new).status is RequestStatus.SUBMITTED


def test_from_a_single_request_one_is_back_in_the_list_that_one_chose(
    app: Any, client: FlaskClient, login: Any
) -> None:
    login(client, "caseworker")
    with app.app_context():
        reference = given.submitted(given.resident()).reference
        given.submitted(given.resident())
    chosen = "/staff/requests/?status=submitted&service=bewohnerparkausweis&sort=latest"

    def back_of(shown: BeautifulSoup) -> str:
        (back,) = [str(link["href"]) for link in shown.select("main a") if "Zur Arbeitsliste" in link.get_text()]
        assert set(back.partition("?")[2].split("&")) == set(chosen.partition("?")[2].split("&")), back
        assert back.startswith("/staff/requests/?")
        return back

    link = page(client.get(chosen)).select_one(f"main a[href*='{reference}']")
    assert link is not None
    outside = "&next=https://evil.example&_scheme=javascript&_external=1&_anchor=x"
    shown = page(client.get(str(link["href"]) + outside))
    assert "evil" not in shown.select_one("main").decode()  # type: ignore[union-attr]
    back_of(shown)
    token = csrf(client, chosen)
    forms = {name: str(shown.select_one(f"main form:has({inside})")["action"]) for name, inside in FORMS.items()}  # type: ignore[index]
    noted = client.post(forms["note"], data=token | {"text": "Rückruf erbeten"})
    back_of(page(client.get(noted.location)))
    incomplete = client.post(forms["act"], data=token | {"action": "hand_on", "message": "", "to": "nowhere"})
    back_of(page(incomplete, 422))
    done = client.post(forms["act"], data=token | {"action": "take"})
    assert back_of(page(client.get(done.location)))
    assert page(client.get(f"/staff/requests/{reference}")).select_one("main a[href='/staff/requests/']") is not None


FORMS = {"note": "textarea[name=text]", "act": "input[name=action][value=take]"}
