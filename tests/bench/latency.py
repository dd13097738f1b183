"""How long people wait: from handing a request in until a mail server has accepted the confirmation."""

import base64
import smtplib
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from io import BytesIO

from PIL import Image

from tests.bench.house import house
from tests.bench.report import Line, at_most
from tests.fakes.mail import MailServer
from tests.fixtures.processes import Obhut, eventually

REQUESTS, WARM_UP = 60, 5
P95_MS = 1_000


def measure() -> Iterator[Line]:
    """One request after the other, in a house of its own."""
    with house() as (it, mail):
        it.start()
        bare, beside = bare_mail(mail), "handing over one mail"
        found = requests_to_mail(it, mail)
        yield Line("request answered, median", found.answered_median, "ms", beside, bare)
        yield Line("request to mail accepted, median", found.accepted_median, "ms", beside, bare)
        p95 = (at_most(P95_MS, "ms"),)
        yield Line("request to mail accepted, p95", found.accepted_p95, "ms", beside, bare, p95)


@dataclass(frozen=True)
class Latency:
    """Milliseconds."""

    answered_median: float
    accepted_median: float
    accepted_p95: float


def requests_to_mail(house: Obhut, mail: MailServer) -> Latency:
    """One request after the other over the JSON API, each with a file."""
    headers = house.token("caseworker")
    picture = BytesIO()
    Image.new("RGB", (320, 200), "white").save(picture, "PNG")
    data = base64.b64encode(picture.getvalue()).decode()
    answered, accepted = [], []
    for number in range(WARM_UP + REQUESTS):
        address = f"bench{number}@example.org"
        began = time.monotonic()
        answer = house.http.post(
            house.url + "/api/v1/services/bewohnerparkausweis/requests",
            json=_request(address, data),
            headers=headers,
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        answered.append(time.monotonic() - began)
        eventually(lambda address=address: mail.to(address), f"mail to {address}", 120)
        accepted.append(mail.arrived_at[-1] - began)
    answered, accepted = answered[WARM_UP:], accepted[WARM_UP:]
    p95 = statistics.quantiles(accepted, n=20)[-1]
    return Latency(statistics.median(answered) * 1000, statistics.median(accepted) * 1000, p95 * 1000)


def bare_mail(mail: MailServer) -> float:
    """Milliseconds to hand one mail over with the standard library alone; the median of many."""
    _, port = mail.environment["OBHUT_SMTP_URL"].rsplit(":", 1)
    message = EmailMessage()
    message["To"], message["Subject"] = "bare@example.org", "Bare"
    message.set_content("Only a mail.")
    found = []
    for _ in range(REQUESTS):
        began = time.monotonic()
        with smtplib.SMTP("127.0.0.1", int(port)) as connection:
            connection.send_message(message, from_addr="bench@example.org")
        found.append(time.monotonic() - began)
    return statistics.median(found) * 1000


def _request(email: str, picture: str) -> dict[str, object]:
    address = {"street": "Beispielweg", "house_number": "7", "postal_code": "38100", "city": "Braunschweig"}
    answers = {
        "given_name": "Lena",
        "family_name": "Ahrens",
        "address": address,
        "email": email,
        "licence_plate": "BS-OB 2026",
        "holder": "self",
        "zone": "B",
        "valid_months": "12",
        "consent": True,
    }
    uploads = [{"field": "registration", "file_name": "fahrzeugschein.png", "data": picture}]
    return {"answers": answers, "uploads": uploads, "locale": "de"}
