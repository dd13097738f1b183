"""From when a decision counts is told beforehand: on its paper and on the pages of both sides."""

import io
from datetime import UTC, date, datetime

import pypdf
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select

from auth.actors import Actor
from auth.models import User
from config import clock
from config.announcement import Way
from config.database import db, transaction
from config.errors import Conflict, RuleViolation
from services import announcements, cover_letters, queries, work_page
from services.lifecycle import Action
from services.models import AttachmentKind
from services.work_models import RequestDecision
from tests.factories import services as given
from tests.integration.services.test_pages import page

pytestmark = pytest.mark.usefixtures("database")
DECIDED = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TODAY, LAST_DAY = date(2026, 11, 2), date(2026, 11, 12)


def decided(way: Way | None = None, applicant: object = None) -> str:
    """A request that was approved on Monday, 2 November 2026."""
    resident, worker = applicant or given.resident(), given.caseworker()
    reference = given.submitted(resident).reference  # type: ignore[arg-type]
    given.acted(reference, Action.TAKE, worker)
    given.acted(reference, Action.APPROVE, worker, "Alles liegt vor.", **({"way": way} if way else {}))
    return reference


def paper_of(reference: str, worker: Actor | None = None) -> str:
    request = queries.get(worker or given.caseworker(), reference)
    paper = next(one for one in request.attachments if one.kind is AttachmentKind.DECISION)
    pages = pypdf.PdfReader(io.BytesIO(paper.content.data or b"")).pages
    return " ".join(" ".join(one.extract_text() for one in pages).split())


def seen(client: FlaskClient, url: str) -> str:
    return " ".join(page(client.get(url)).get_text().split())


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (Way.PORTAL, "bei einem Abruf am 2. November 2026 also am 3. November 2026"),
        (Way.POST, "bei einer Aufgabe am 2. November 2026 also am 6. November 2026"),
        (Way.HANDED, "bei einer Übergabe am 2. November 2026 an diesem Tag"),
    ],
)
def test_the_paper_names_the_day_that_comes_of_its_own(way: Way, said: str) -> None:
    with clock.frozen(DECIDED):
        assert said in paper_of(decided(way))


def test_a_tax_is_announced_by_its_own_act_and_never_by_being_fetched() -> None:
    worker = given.caseworker("finanzen")
    with clock.frozen(DECIDED):
        proof = given.upload(field="relief_proof")
        asked = given.submitted(given.resident(), slug="hundesteuer", answers=given.DOG_TAX, uploads=(proof,))
        reference = asked.reference
        given.acted(reference, Action.TAKE, worker)
        with pytest.raises(RuleViolation):
            given.acted(reference, Action.APPROVE, worker, "So steht es in der Satzung.", way=Way.PORTAL)
        given.acted(reference, Action.APPROVE, worker, "So steht es in der Satzung.")
        said = paper_of(reference, worker)
    assert "§ 122 Abs. 2 AO" in said and "§ 119 Abs. 3 AO" in said and "VwVfG" not in said
    with clock.frozen(datetime(2026, 12, 1, 9, 0, tzinfo=UTC)), transaction():
        (decision,) = announcements.to_post(worker)
        announcements.posted(worker, [decision.id], date(2026, 12, 1))
        assert (decision.announced_on, decision.remedy_until) == (date(2026, 12, 7), date(2027, 1, 7))


def test_until_it_counts_the_day_is_told_that_today_would_make() -> None:
    with clock.frozen(DECIDED):
        portal, post, handed = (decided(way) for way in (Way.PORTAL, Way.POST, Way.HANDED))
    of = {
        name: announcements.decisions_of(queries.get(given.caseworker(), reference))[0]
        for name, reference in (("portal", portal), ("post", post), ("handed", handed))
    }
    assert announcements.expected_on(of["portal"], TODAY) == date(2026, 11, 3)
    assert announcements.offered_until(of["portal"]) == LAST_DAY
    assert announcements.expected_on(of["portal"], LAST_DAY) == date(2026, 11, 13)
    assert announcements.expected_on(of["portal"], date(2026, 11, 13)) is None, "the portal gives it no more"
    assert announcements.expected_on(of["post"], date(2026, 11, 3)) == date(2026, 11, 7)
    assert announcements.offered_until(of["post"]) is None
    assert announcements.expected_on(of["handed"], TODAY) is None
    assert of["handed"].announced_on == TODAY
    with transaction():
        announcements.posted(given.caseworker(), [of["post"].id], TODAY)
    told = work_page.announced(queries.get(given.caseworker(), post), TODAY)[0]
    assert (told["announced_on"], told["expected_on"]) == (date(2026, 11, 6), None)


def test_both_sides_see_the_day(app: Flask, client: FlaskClient, login, places) -> None:
    with clock.frozen(DECIDED):
        login(client, "resident")
        with app.app_context():
            user_id = db.session.scalars(select(User.id).order_by(User.id.desc())).first()
            fetched, posted = decided(applicant=given.resident(user_id)), decided(Way.POST, given.resident(user_id))
        own = seen(client, f"/requests/{fetched}")
        assert "03.11.2026, wenn das heute ist" in own and "bis zum 12.11.2026" in own
        assert "06.11.2026, wenn das heute ist" in seen(client, f"/requests/{posted}")
        for name in list(g):  # what the test's own context remembers of the login before
            g.pop(name)
        login(client, "caseworker")
        theirs = seen(client, f"/staff/requests/{fetched}")
        assert "noch nicht; am 03.11.2026, wenn er heute abgerufen wird" in theirs
        assert "noch nicht; am 06.11.2026, wenn er heute zur Post geht" in seen(client, f"/staff/requests/{posted}")


def letter_of(reference: str, worker: Actor) -> str:
    covers = [one for one in queries.get(worker, reference).attachments if one.kind is AttachmentKind.COVER]
    document = pypdf.PdfReader(io.BytesIO(covers[-1].content.data or b""))
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    return " ".join(" ".join(one.extract_text() for one in document.pages).split())


def given_anew(worker: Actor) -> None:
    (late,) = announcements.not_announced(worker)
    prepared = cover_letters.prepare(worker, late.id)
    with transaction():
        cover_letters.give_anew(worker, late.id, prepared)


def test_a_decision_that_goes_out_again_says_why_and_from_when_it_counts() -> None:
    worker = given.caseworker()
    with clock.frozen(DECIDED):
        reference = decided()
    with clock.frozen(datetime(2026, 11, 16, 9, 0, tzinfo=UTC)):
        given_anew(worker)
        said = letter_of(reference, worker)
        assert "Bescheid vom 2. November 2026" in said and "nicht innerhalb von zehn Tagen" in said
        assert "bei einer Aufgabe am 16. November 2026 also am 20. November 2026" in said
        assert "§ 41 Abs. 2 VwVfG" in said and reference in said
        (letter,) = announcements.to_post(worker)
        with pytest.raises(RuleViolation, match="already waits"):
            cover_letters.prepare(worker, letter.id)
        with transaction():
            announcements.posted(worker, [letter.id], date(2026, 11, 16))
            announcements.came_back(worker, letter.id)
    with clock.frozen(datetime(2026, 11, 30, 9, 0, tzinfo=UTC)):
        given_anew(worker)
        said = letter_of(reference, worker)
    assert "am 16. November 2026 zur Post gegeben" in said and "zurückgekommen" in said
    assert "bei einer Aufgabe am 30. November 2026 also am 4. Dezember 2026" in said


def test_the_letter_of_a_tax_names_its_own_act() -> None:
    worker = given.caseworker("finanzen")
    with clock.frozen(DECIDED):
        proof = given.upload(field="relief_proof")
        asked = given.submitted(given.resident(), slug="hundesteuer", answers=given.DOG_TAX, uploads=(proof,))
        given.acted(asked.reference, Action.TAKE, worker)
        given.acted(asked.reference, Action.APPROVE, worker, "So steht es in der Satzung.")
        (letter,) = announcements.to_post(worker)
        with transaction():
            announcements.posted(worker, [letter.id], TODAY)
            announcements.came_back(worker, letter.id)
    with clock.frozen(datetime(2026, 12, 1, 9, 0, tzinfo=UTC)):
        given_anew(worker)
        said = letter_of(asked.reference, worker)
    assert "§ 122 Abs. 2 AO" in said and "VwVfG" not in said
    assert "also am 7. Dezember 2026" in said


def test_a_letter_fits_only_the_reason_that_it_names() -> None:
    worker = given.caseworker()
    with clock.frozen(DECIDED):
        decided()
        (decision,) = db.session.scalars(select(RequestDecision)).all()
        prepared = cover_letters.prepare(worker, decision.id)
    with clock.frozen(datetime(2026, 11, 16, 9, 0, tzinfo=UTC)), pytest.raises(Conflict), transaction():
        cover_letters.give_anew(worker, decision.id, prepared)


def test_the_mail_room_has_the_letter_beside_the_paper(app: Flask, client: FlaskClient, login, places) -> None:
    with clock.frozen(DECIDED):
        reference = decided()
    login(client, "caseworker")
    with clock.frozen(datetime(2026, 11, 16, 9, 0, tzinfo=UTC)):
        room = page(client.get("/staff/requests/mail/"))
        form = next(one for one in room.select("form") if one.select("input[value=anew]"))
        fields = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
        assert client.post(str(form["action"]), data=fields).status_code == 303
        room = page(client.get("/staff/requests/mail/"))
        link = next(one for one in room.select("a[download]") if "Begleitschreiben" in one.get_text())
        assert client.get(str(link["href"])).data.startswith(b"%PDF")
        assert f"Begleitschreiben-{reference}.pdf" in seen(client, f"/staff/requests/{reference}")


def test_every_letter_that_went_out_can_be_opened(app: Flask, client: FlaskClient, login, places) -> None:
    worker = given.caseworker()
    with clock.frozen(DECIDED):
        reference = decided(Way.POST)
    for day in (16, 23):
        with clock.frozen(datetime(2026, 11, day, 9, 0, tzinfo=UTC)):
            (letter,) = announcements.to_post(worker)
            with transaction():
                announcements.posted(worker, [letter.id], date(2026, 11, day))
                announcements.came_back(worker, letter.id)
            given_anew(worker)
    login(client, "caseworker")
    links = page(client.get(f"/staff/requests/{reference}")).select("a[download]")
    assert len({str(one["href"]) for one in links if "Begleitschreiben" in one.get_text()}) == 2
