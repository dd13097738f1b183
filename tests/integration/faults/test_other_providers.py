"""Other providers than the sandbox's, led to by settings alone: identity provider, Twilio emulator, mail server."""

import io

import pytest
import requests
from bs4 import BeautifulSoup
from PIL import Image

from config import clock
from tests.fakes.identity import IdentityProvider
from tests.fakes.mail import text_of
from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World

APPLY = "/services/bewohnerparkausweis/apply"
CLAIMS = {
    "given_name": "Rieke",
    "family_name": "Asmus",
    "name": "Rieke Asmus",
    "email": "rieke@example.org",
    "phone_number": "+4917604069555",
    "address": {"street_address": "Musterweg 3", "postal_code": "38102", "locality": "Braunschweig"},
}


@pytest.fixture
def house(obhut: StartObhut, world: World, identity_provider: IdentityProvider) -> Obhut:
    """`obhut up` with nothing of the sandbox."""
    identity_provider.put("rieke", CLAIMS)
    own = {"OBHUT_OIDC_ISSUER": identity_provider.issuer, "OBHUT_OIDC_CLIENT_ID": "city", "OBHUT_LOCALE": "de"}
    return obhut(world.environment | own | {"OBHUT_OIDC_CLIENT_SECRET": "s"}).start()


def test_a_resident_applies_and_is_told(house: Obhut, world: World) -> None:
    assert len(house.family()) == 1, "no stand-in is started beside real providers"
    with requests.Session() as browser:
        browser.trust_env = False
        login = browser.get(house.url + APPLY, timeout=60)
        form = browser.post(login.url, data={"sub": "rieke"}, timeout=60)
        assert form.url == house.url + APPLY
        assert "Musterweg" in form.text
        picture = io.BytesIO()
        Image.new("RGB", (64, 64)).save(picture, "PNG")
        file = {"f_registration": ("schein.png", picture.getvalue(), "image/png")}
        steps: tuple[dict[str, str], ...] = (
            {},
            {"f_licence_plate": "BS-RA 77", "f_holder": "self"},
            {"f_zone": "A", "f_valid_months": "12"},
            {"f_sms": "y", "f_phone": "+4917604069555", "f_consent": "y"},
            {},
        )
        sent = form
        for answers in steps:
            asked = BeautifulSoup(sent.text, "html.parser").select_one("form[data-apply], form[action$='/to-send']")
            assert asked, sent.text
            sent = browser.post(
                house.url + str(asked["action"]),
                data=_values(sent.text) | answers,
                files=file if "f_licence_plate" in answers else None,
                headers={"Referer": sent.url},
                timeout=60,
            )
    reference = sent.url.rstrip("/").rsplit("/", 1)[-1].split("?")[0]
    assert len(reference) == 8, BeautifulSoup(sent.text, "html.parser").get_text(" ", strip=True)[:500]
    mail = eventually(lambda: world.mail.to("rieke@example.org"), "the confirmation by mail")
    assert reference in text_of(mail[0]) + str(mail[0]["Subject"])
    eventually(lambda: any(reference in text for text in world.texts()), "the confirmation by text message")


def test_a_person_in_care_is_written_to_and_writes_back(house: Obhut, world: World) -> None:
    headers = house.token("health_officer")
    phone = "+4917604069556"
    person = {"given_name": "Ole", "family_name": "Brandt", "birth_date": "1990-05-04", "phone": phone}
    last_exposure = clock.wall().date().isoformat()
    enrolled = house.http.post(
        house.url + "/api/v1/care/cases",
        json={
            "kind": "contact",
            "protocol": "covid-19",
            "person": person | {"locale": "de", "channel": "sms"},
            "last_exposure_on": last_exposure,
        },
        headers=headers,
        timeout=60,
    )
    assert enrolled.status_code == 201, enrolled.text
    reference = enrolled.json()["reference"]
    eventually(lambda: any(reference in text for text in world.texts()), "the first message")
    assert world.twilio.write(house.url + "/webhooks/twilio/messages", phone, "JA Husten") in (200, 204)

    def listed() -> bool:
        found = house.http.get(f"{house.url}/api/v1/care/cases/{reference}", headers=headers, timeout=60).json()
        return bool(found["line_list"] == "symptomatic")

    eventually(listed, "the case in the symptomatic list")


def _values(page: str) -> dict[str, str]:
    """What a browser would send of the largest form, without files and choices."""
    forms = BeautifulSoup(page, "html.parser").find_all("form")
    largest = max(forms, key=lambda form: len(form.find_all("input")))
    fields = [field for field in largest.find_all("input") if field.get("name")]
    fields = [field for field in fields if field["name"] != "shown"]  # a program shows all of them
    taken = [field for field in fields if field.get("type") not in ("file", "radio", "checkbox", "submit")]
    return {str(field["name"]): str(field.get("value", "")) for field in taken}
