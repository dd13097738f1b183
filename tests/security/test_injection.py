"""What people write stays what they wrote: never a page's script, a template, a formula, a header or a way out."""

import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import pypdf
import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import example, given as with_any, settings, strategies as some

from auth.logins import local_path as after_login
from config import logging
from config.exports import FORMULA_STARTS, write_csv
from config.local_paths import local_path
from config.settings import load_settings
from tests.factories import care, services as given
from tests.fixtures.application import Login
from tests.security.payloads import EVERY, FORMULAS, HEADERS, MARKUP, PAPERS, TEMPLATES

pytestmark = pytest.mark.timeout(3600)
Amount = Callable[[int, int], int]
Bearer = Callable[..., dict[str, str]]
PAGES = {
    "officer": (
        "/care/",
        "/care/cases/",
        "/care/imports/",
        "/staff/messages/",
        "/staff/messages/bulk/new",
        "/account/",
    ),
    "caseworker": ("/staff/requests/", "/staff/services/", "/account/"),
    "resident": ("/services/bewohnerparkausweis/apply", "/requests/", "/account/"),
    "auditor": ("/audit/",),
    "admin": ("/admin/",),
    None: ("/", "/services/", "/status", "/verify/"),
}
SEARCHES = (
    "/services/?q", "/verify/?code", "/staff/requests/?view&service&after", "/care/cases/?line_list&kind&after",
    "/staff/messages/search?phone&about&reference", "/audit/?action&actor&subject&before", "/language/de?next",
    "/?lang",
    "/auth/login?next", "/auth/callback?state&code&iss&error", "/staff/messages/statistics?period", "/requests/?after",
    "/staff/messages/failures?after&kind", "/staff/messages/bulk/new?template&source",
)  # fmt: skip


ADDRESSES = ("href", "src", "action", "formaction", "data", "xlink:href", "srcdoc", "content", "data-url")


class Forms(HTMLParser):
    """The forms of a page, each with action, method, and its fields with their first values."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str, dict[str, tuple[str, str]]]] = []
        self.scripts = self.handlers = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given_ = {name: value or "" for name, value in attrs}
        self.scripts += tag in ("script", "style", "base", "iframe")
        self.handlers += sum(
            name.startswith("on") or (name in ADDRESSES and value.strip().lower().startswith("javascript:"))
            for name, value in given_.items()
        )
        if tag == "form":
            self.found.append((given_.get("action", ""), given_.get("method", "get").lower(), {}))
        elif tag in ("input", "textarea", "select") and self.found and given_.get("name"):
            self.found[-1][2][given_["name"]] = (given_.get("type", tag), given_.get("value", ""))


def _filled(fields: dict[str, tuple[str, str]], payload: str) -> dict[str, str]:
    """Every field with the payload, but for the token and what says which form it is."""
    kept = ("hidden", "checkbox", "radio", "submit")
    return {
        name: value if name == "csrf_token" or kind in kept else payload
        for name, (kind, value) in fields.items()
        if kind not in ("file",)
    }


def _posts(client: FlaskClient, paths: tuple[str, ...], payload: str) -> Iterator[tuple[str, Any]]:
    for path in paths:
        for action, method, fields in Forms(client.get(path).get_data(as_text=True)).found:
            target = urlsplit(urljoin(path, action or path))
            if target.path.startswith("/auth/logout") or target.netloc:
                continue
            address = target.path + (f"?{target.query}" if target.query else "")
            if method == "post":
                yield address, client.post(address, data=_filled(fields, payload))
            else:
                yield address, client.get(target.path, query_string=_filled(fields, payload))


@pytest.fixture
def tolerant(app: Flask) -> Flask:
    """The application that answers 500 where it would raise."""
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions["obhut.settings"] = app.extensions["obhut.settings"].changed(
        limit_submissions="off", limit_lookups="off", limit_lookups_by_address="off", limit_failed_logins="off"
    )
    return app


def _filled_house(client: FlaskClient, bearer: Bearer, payload: str) -> tuple[str | None, str | None]:
    """A case and a request with the payload wherever a text may stand; their references, None where it was refused."""
    person = {"given_name": payload, "family_name": payload, "address": {"street": payload, "city": payload}}
    wanted = care.enrolment(person=person, external_id=None)
    made = client.post("/api/v1/care/cases", json=wanted, headers=bearer("health_officer"))
    assert made.status_code in (201, 422), (payload, made.get_data(as_text=True))
    answers = given.answers(given_name=payload, family_name=payload, address=_address(payload))
    body = {"answers": answers, "uploads": [FILE | {"file_name": payload[:255]}]}
    asked = client.post(f"/api/v1/services/{given.SLUG}/requests", json=body, headers=bearer("resident"))
    assert asked.status_code in (201, 422), (payload, asked.get_data(as_text=True))
    return (made.get_json() or {}).get("reference"), (asked.get_json() or {}).get("reference")


def _address(payload: str) -> dict[str, str]:
    return {"street": payload, "house_number": "4a", "postal_code": "38999", "city": payload}


FILE = {"field": "registration", "file_name": "schein.pdf", "data": given.PDF_IN_JSON}


@pytest.mark.parametrize("account", PAGES)
def test_no_form_breaks_and_nothing_runs(
    tolerant: Flask, client: FlaskClient, login: Login, bearer: Bearer, amount: Amount, account: str | None
) -> None:
    case, request_ = _filled_house(client, bearer, "Mustermann")
    own = {"officer": (f"/care/cases/{case}",), "caseworker": (f"/staff/requests/{request_}",)}
    if account:
        login(client, account)
    wrong: list[tuple[str, str, Any]] = []
    for payload in ("\0", *EVERY[:: amount(40, 1)]):
        for address, answer in _posts(client, PAGES[account] + own.get(account or "", ()), payload):
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong.append((address, payload, answer.status_code))
            if answer.mimetype == "text/html" and (found := _hostile(answer.get_data(as_text=True))):
                wrong.append((address, payload, found))
    assert not wrong


def _hostile(page: str) -> str:
    """What of a payload has become markup in this page."""
    parsed = Forms(page)
    if parsed.handlers:
        return "a handler"
    for marker in (
        "<script>window",
        "<svg/onload",
        "<img src=x",
        "<style>*",
        "<base ",
        "<!--\n",
        "<iframe srcdoc='<script",
    ):
        if marker in page:
            return marker
    return ""


@pytest.mark.parametrize("account", [None, "officer", "auditor"])
def test_no_address_breaks_and_nothing_runs(
    tolerant: Flask, client: FlaskClient, login: Login, amount: Amount, account: str | None
) -> None:
    if account:
        login(client, account)
    wrong: list[tuple[str, str, Any]] = []
    for search, payload in itertools.product(SEARCHES, EVERY[:: amount(30, 1)]):
        path, _, query = search.partition("?")
        values = dict.fromkeys(query.split("&"), payload[:1500])
        answer = client.get(path, query_string=values)
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append((path, payload, answer.status_code))
        if answer.mimetype == "text/html" and (found := _hostile(answer.get_data(as_text=True))):
            wrong.append((path, payload, found))
        if any(name.lower() in ("set-cookie", "bcc") and "a=1" in value for name, value in answer.headers):
            wrong.append((path, payload, "a header"))
    assert not wrong


def test_names_are_shown_as_they_were_written(
    tolerant: Flask, client: FlaskClient, login: Login, bearer: Bearer, amount: Amount
) -> None:
    officer, worker = (login(tolerant.test_client(), account) for account in ("officer", "caseworker"))
    for payload in (MARKUP[0], TEMPLATES[0], *MARKUP[1:], *TEMPLATES[1:], *PAPERS, *FORMULAS)[: amount(2, 99)]:
        case, request_ = _filled_house(client, bearer, payload)
        assert case
        assert request_
        stored = client.get(f"/api/v1/care/cases/{case}", headers=bearer("health_officer")).get_json()["person"]
        assert stored["family_name"] == payload.strip(), "stored as it was written"
        for visitor, paths in (
            (officer, (f"/care/cases/{case}", "/care/cases/", "/care/")),
            (worker, (f"/staff/requests/{request_}", "/staff/requests/")),
        ):
            pages = [visitor.get(path).get_data(as_text=True) for path in paths]
            assert not any(map(_hostile, pages))
            assert " ".join(payload.split()) in " ".join("".join(Texts(pages[0]).parts).split())


class Texts(HTMLParser):
    """What a page says."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def test_every_text_is_taken_or_refused_clearly(
    tolerant: Flask, client: FlaskClient, bearer: Bearer, amount: Amount
) -> None:
    for payload in ("\0", *EVERY[:: amount(12, 1)]):
        case, request_ = _filled_house(client, bearer, payload)
        for path, role in ((f"care/cases/{case}", "health_officer"), (f"requests/{request_}", "resident")):
            if not path.endswith("None"):
                assert client.get(f"/api/v1/{path}", headers=bearer(role)).status_code in (200, 404), payload
        message = {
            "template": "notifications.plain",
            "recipient": {"email": "mira.beispiel@example.org", "locale": "de"},
            "variables": {"subject": payload[:500], "text": payload[:1500]},
        }
        sent = client.post("/api/v1/notifications", json=message, headers=bearer("health_officer"))
        assert sent.status_code in (202, 422), payload


def test_papers_carry_names_and_run_nothing(database: Flask) -> None:
    from services.lifecycle import Action

    worker = given.caseworker()
    receipt = given.submitted(given.resident(), answers=given.answers(given_name=PAPERS[0], family_name=PAPERS[1]))
    given.acted(receipt.reference, Action.TAKE, worker)
    given.acted(receipt.reference, Action.APPROVE, worker, "$x$ #panic() *nicht fett*")
    from services import queries

    request_ = queries.get(worker, receipt.reference)
    paper = next(one for one in request_.attachments if one.kind == "decision")
    pages = pypdf.PdfReader(io.BytesIO(paper.content.data or b"")).pages
    text = " ".join("".join(page.extract_text() for page in pages).split())
    assert '#read("/etc/passwd") #panic()' in text
    assert "$x$ #panic() *nicht fett*" in text


ODD_LETTERS = some.text(
    some.sampled_from("/\\@:?#%.;&=\t\r\n\0 evil.exampl\u3002\uff0f\u2215\x85\ufeff[]"), max_size=25
)


@settings(max_examples=400)
@with_any(ODD_LETTERS | some.text(max_size=20))
@example("/\\evil.example")
@example("//evil.example")
@example("/\t/evil.example")
@example("///evil.example")
@example("/%2Fevil.example")
@example("/.//evil.example")
@example("/@evil.example")
@example("\u2028//evil.example")
@example("/" + "x" * 2000)
def test_the_way_back_stays_in_the_house(address: str) -> None:
    for text in (address, "/" + address):
        for kept in (local_path(text), after_login(text)):
            assert kept in ("", text)
            # As browsers read it: without tabs and line ends, and a backslash is a slash.
            read = re.sub(r"[\t\r\n]", "", kept.strip("\0 ")).replace("\\", "/")
            assert urlsplit(urljoin("https://obhut.example/a/b", read)).netloc == "obhut.example"
            assert not read.startswith("//")


@settings(max_examples=200)
@with_any(some.lists(some.text(max_size=30) | some.sampled_from(EVERY), min_size=1, max_size=4))
def test_no_cell_of_an_export_is_a_formula(cells: list[str]) -> None:
    row = [cell.replace("\0", "") for cell in cells]
    written = write_csv(["x"] * len(row), [row], zone=ZoneInfo("Europe/Berlin")).decode("utf-8-sig", "surrogatepass")
    for was, cell in zip(row, list(csv.reader(io.StringIO(written, newline=""), delimiter=";"))[1], strict=True):
        assert cell in (was, "'" + was), "nothing else is changed"
        assert not cell.lstrip().startswith(FORMULA_STARTS)


@pytest.mark.parametrize("payload", HEADERS)
def test_a_log_line_is_one_line(payload: str, capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    logging.configure(load_settings(data_dir=tmp_path))
    structlog.get_logger("tests").info("event", about=payload)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.strip()]
    assert len(lines) == 1
    assert json.loads(lines[0])["about"] == payload


def test_what_comes_twice_or_is_not_known_is_ignored(client: FlaskClient, login: Login, bearer: Bearer) -> None:
    headers = bearer("health_officer")
    for query in ("limit=1&limit=100", "limit=1&unknown=x&unknown=y", "kind=contact&kind=index", "limit=1&limit=x"):
        answer = client.get(f"/api/v1/care/cases?{query}", headers=headers)
        assert answer.status_code in (200, 422)
    assert client.get("/services/?q=parken&q=%3Cscript%3E&x[]=1&x[a]=2").status_code == 200
    assert client.get("/auth/callback?state=a&state=b&code=c").status_code == 400
    login(client, "resident")
    page = client.get("/requests/?admin=1&role=administrator&actor=user:1")
    assert page.status_code == 200
    assert client.get("/admin/?role=administrator").status_code == 403


def test_json_that_says_something_twice_says_the_last(client: FlaskClient, bearer: Bearer) -> None:
    wanted = json.dumps(care.enrolment(kind="contact"))
    twice = wanted[:-1] + ', "kind": "index", "first_positive_on": "2026-11-01"}'
    answer = client.post(
        "/api/v1/care/cases", data=twice, content_type="application/json", headers=bearer("health_officer")
    )
    assert answer.status_code in (201, 422)
    unknown = client.post(
        "/api/v1/care/cases", json=care.enrolment() | {"is_admin": True}, headers=bearer("health_officer")
    )
    assert unknown.status_code == 422
    assert unknown.get_json()["errors"][0]["field"] == "is_admin"
