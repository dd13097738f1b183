"""A house whose providers are ours, so that it can be counted at their end what was sent."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import requests

from tests.fakes.identity import IdentityProvider
from tests.fakes.mail import MailServer
from tests.fakes.twilio import Twilio
from tests.fixtures.databases import owners_address
from tests.fixtures.processes import Obhut, StartObhut
from tests.support import hurried

MITTE = ("--code", "mitte", "--name", "Mitte")
SettingsOf = Callable[..., dict[str, str]]


@dataclass
class World:
    """The providers that a process is led to by its settings alone."""

    twilio: Twilio
    mail: MailServer
    patience: dict[str, str]

    @property
    def environment(self) -> dict[str, str]:
        return self.twilio.environment | self.mail.environment | self.patience

    def texts(self) -> dict[str, int]:
        """How often each text was sent."""
        counted: dict[str, int] = {}
        for message in list(self.twilio.messages):
            counted[message.body] = counted.get(message.body, 0) + 1
        return counted


@pytest.fixture
def world(request: pytest.FixtureRequest, twilio: Twilio, mail_server: MailServer) -> World:
    """Twilio and a mail server of our own; in the long suite the house has its full patience."""
    return World(twilio, mail_server, {} if request.node.get_closest_marker("chaos") else {hurried.HURRY: "1"})


@pytest.fixture
def embedded(obhut: StartObhut, world: World) -> Obhut:
    """`obhut up` on the embedded database, led to our providers; not started yet."""
    return obhut(world.environment)


def send(server: Obhut, headers: dict[str, str], number: int, text: str, **more: str) -> bool:
    """Ask for a text message, under a key of its own; False when nobody answered."""
    body = {
        "template": "notifications.plain",
        "recipient": {"phone": f"+491760406{9100 + number:04}", "locale": "de"},
        "variables": {"text": text},
        "key": text,
        "about": "faults",
    }
    try:
        answer = server.http.post(server.url + "/api/v1/notifications", json=body | more, headers=headers, timeout=60)
    except requests.RequestException:
        return False
    assert answer.status_code == 202, answer.text
    return True


def send_until_accepted(server: Obhut, headers: dict[str, str], number: int, text: str) -> None:
    """As a careful client does: the same key again, until there is an answer."""
    for _ in range(20):
        if send(server, headers, number, text):
            return
        server.wait_ready()
    raise AssertionError("the house never answered")


def separate(world: World, database_url: str, broker: str, identity_provider: IdentityProvider) -> dict[str, str]:
    """Settings of web, workers and beat that are processes of their own."""
    identity_provider.start()
    return world.environment | {
        "OBHUT_DATABASE_URL": database_url,
        "OBHUT_MIGRATION_DATABASE_URL": owners_address(database_url),
        "OBHUT_BROKER_URL": broker,
        "OBHUT_OIDC_ISSUER": identity_provider.issuer,
        "OBHUT_OIDC_CLIENT_ID": "obhut",
        "OBHUT_OIDC_CLIENT_SECRET": "not-a-secret",
    }


def prepare(web: Obhut) -> dict[str, str]:
    """Give the house its tables, an office and a department; headers with the token of a health officer."""
    adding = ((what, "add", *MITTE) for what in ("offices", "departments"))
    return web.token("health_officer", "tests", ("db", "upgrade"), *adding)
