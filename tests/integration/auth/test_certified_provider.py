"""An independent, certified OpenID provider: log in, step up, log out on both sides, over real HTTP."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from flask import Blueprint, Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from auth.models import AuditEvent, UserSession
from auth.policies import require
from auth.roles import Permission
from config.database import db
from tests.servers import Missing, base, openid_provider

pytestmark = pytest.mark.one_database

AUDIENCE = "https://obhut.example/api"
SECRETS = {"obhut": "secret-of-residents", "obhut-staff": "secret-of-staff", "reporting": "secret-of-a-program"}
REDIRECTS = (301, 302, 303, 307)
FORM = re.compile(r'<form[^>]* action="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass
class House:
    """The application behind a real socket, and the provider that it trusts."""

    app: Flask
    url: str
    issuer: str

    def actions(self) -> list[str]:
        with self.app.app_context():
            return list(db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)))


class Browser:
    """Follows redirects between house and provider, and answers when the provider asks."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.session = requests.Session()
        self.session.trust_env = False
        self.asked: list[dict[str, Any]] = []

    def get(self, path: str, **person: str) -> requests.Response:
        """Where `path` leads in the end; `person` is what is answered on the provider's page, if it asks."""
        answer = self.session.get(self.house.url + path, allow_redirects=False, timeout=20)
        for _ in range(20):
            if answer.status_code == 200 and FORM.search(answer.text) and answer.url.startswith(self.house.issuer):
                answer = self.send_form(answer)  # the provider first logs out whoever was logged in there
            if answer.status_code not in REDIRECTS:
                return answer
            where = urljoin(answer.url, answer.headers["Location"])
            answer = self.session.get(where, allow_redirects=False, timeout=20)
            if "/interaction/" in where:
                self.asked.append(answer.json())
                answer = self.session.post(where, data=person, allow_redirects=False, timeout=20)
        raise AssertionError("too many redirects")

    def send_form(self, page: requests.Response, **more: str) -> requests.Response:
        """Send the form of one of the provider's pages, as its script or a person would."""
        action = FORM.search(page.text)
        assert action, page.text
        fields = dict(HIDDEN.findall(page.text)) | more
        return self.session.post(action.group(1), data=fields, allow_redirects=False, timeout=20)

    def log_out_at_provider(self) -> None:
        page = self.session.get(f"{self.house.issuer}/session/end", timeout=20)
        assert self.send_form(page, logout="yes").status_code == 303

    @property
    def is_in(self) -> bool:
        answer = self.session.get(f"{self.house.url}/account/", allow_redirects=False, timeout=20)
        return answer.status_code == 200


def clients(url: str) -> list[dict[str, Any]]:
    website = {
        "redirect_uris": [f"{url}/auth/callback"],
        "post_logout_redirect_uris": [f"{url}/"],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "backchannel_logout_uri": f"{url}/auth/backchannel-logout",
        "backchannel_logout_session_required": True,
    }
    program: dict[str, Any] = {"redirect_uris": [], "response_types": [], "grant_types": ["client_credentials"]}
    kinds = {"obhut": website, "obhut-staff": website, "reporting": program}
    return [{"client_id": name, "client_secret": SECRETS[name]} | kinds[name] for name in kinds]


@pytest.fixture
def house(make_app: Callable[..., Flask], places: None) -> Iterator[House]:
    port = base.free_port()
    url = f"http://127.0.0.1:{port}"
    try:
        with openid_provider.running(clients=clients(url), audience=AUDIENCE, roles=["auditor"]) as issuer:
            app = make_app(
                base_url=url,
                oidc_issuer=issuer,
                oidc_client_id="obhut",
                oidc_client_secret=SECRETS["obhut"],
                oidc_scopes="openid profile",
                oidc_staff_issuer=issuer,
                oidc_staff_client_id="obhut-staff",
                oidc_staff_client_secret=SECRETS["obhut-staff"],
                oidc_staff_scopes="openid profile",
                oidc_step_up_assurance="high",
                oidc_api_audience=AUDIENCE,
            )
            app.config["WTF_CSRF_ENABLED"] = False
            app.register_blueprint(_exports())
            server = make_server("127.0.0.1", port, app, threaded=True)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            yield House(app, url, issuer)
            server.shutdown()
            server.server_close()
    except Missing as reason:
        pytest.skip(f"needs an OpenID provider: {reason}")


def _exports() -> Blueprint:
    exports = Blueprint("exports_of_tests", __name__)

    @exports.get("/export-of-tests")
    @require(Permission.CASES_EXPORT)
    def export() -> str:
        return "the export"

    @exports.get("/api/v1/trail-of-tests")
    @require(Permission.AUDIT_READ, api=True)
    def trail() -> str:
        return "the trail"

    return exports


def test_log_in_step_up_and_log_out_over_the_back_channel(house: House) -> None:
    browser = Browser(house)
    browser.get("/auth/login?staff=1", account="healthadmin", acr="substantial", ago="3600")
    assert browser.is_in
    assert browser.asked[0]["params"]["code_challenge_method"] == "S256"

    answer = browser.get("/export-of-tests?a=b", account="healthadmin", acr="high")
    assert (answer.status_code, answer.text) == (200, "the export")
    assert answer.url == f"{house.url}/export-of-tests?a=b"
    asked = browser.asked[1]["params"]
    assert (asked["prompt"], int(asked["max_age"])) == ("login", 600)
    assert asked["acr_values"] == "STORK-QAA-Level-4 high"
    assert browser.get("/export-of-tests").text == "the export"
    assert len(browser.asked) == 2, "it is asked once"

    browser.log_out_at_provider()
    assert not browser.is_in
    with house.app.app_context():
        assert db.session.scalars(select(UserSession)).all() == []
    assert house.actions() == ["login.completed", "login.stepped_up", "session.ended_by_provider"]


@pytest.mark.parametrize(
    ("person", "said", "stays"),
    [
        ({"account": "healthadmin", "acr": "substantial"}, "nicht sicher genug", True),
        ({"account": "healthadmin", "acr": "high", "ago": "900"}, "hat Sie nicht noch einmal gefragt", True),
        # This provider first logs out whoever was there, and says so over the back channel.
        ({"account": "somebody", "acr": "high"}, "Das war jemand anderes", False),
    ],
)
def test_what_is_no_confirmation(house: House, person: dict[str, str], said: str, stays: bool) -> None:
    browser = Browser(house)
    browser.get("/auth/login?staff=1", account="healthadmin", acr="substantial")
    answer = browser.get("/export-of-tests", **person)
    assert answer.status_code == 400
    assert said in answer.text
    assert browser.is_in is stays


def test_our_logout_ends_the_providers_session_and_comes_back(house: House) -> None:
    browser = Browser(house)
    browser.get("/auth/login", account="resident", acr="basic")
    ours = browser.session.post(f"{house.url}/auth/logout", allow_redirects=False, timeout=20)
    away = browser.session.get(ours.headers["Location"], allow_redirects=False, timeout=20)
    back = browser.send_form(away, logout="yes")
    assert back.headers["Location"].startswith(f"{house.url}/?state=")
    landed = browser.session.get(back.headers["Location"], timeout=20)
    assert "Sie haben sich hier und beim Anmeldedienst abgemeldet." in landed.text
    assert not browser.is_in
    browser.get("/auth/login", account="resident2", acr="basic")
    assert [one["params"]["client_id"] for one in browser.asked] == ["obhut", "obhut"], "the provider asks again"


def test_another_browser_of_the_same_person_stays(house: House) -> None:
    first, second = Browser(house), Browser(house)
    for browser in (first, second):
        browser.get("/auth/login", account="resident", acr="basic")
    first.log_out_at_provider()
    assert [first.is_in, second.is_in] == [False, True]


def test_a_program_of_the_provider(house: House) -> None:
    with requests.Session() as session:
        session.trust_env = False
        form = {"grant_type": "client_credentials", "resource": AUDIENCE}
        where = f"{house.issuer}/token"
        answer = session.post(where, data=form, auth=("reporting", SECRETS["reporting"]), timeout=20).json()
        assert "access_token" in answer, answer
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        found = session.get(f"{house.url}/api/v1/trail-of-tests", headers=headers, timeout=20)
        assert (found.status_code, found.text) == (200, "the trail")
        refused = session.get(f"{house.url}/api/v1/care/cases", headers=headers, timeout=20)
        assert refused.status_code == 403
