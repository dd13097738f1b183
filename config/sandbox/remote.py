"""Asks the sandbox's process what the phone and the mailbox hold, over loopback."""

from typing import Any

import requests

from config.errors import N_, DomainError, NotFound
from config.sandbox import state
from config.settings import Settings

TIMEOUT_SECONDS = 10


class Unreachable(DomainError):
    """The sandbox's process does not answer."""

    message = N_("The sandbox does not answer. Start it again with “obhut up”.")


class Remote:
    """Phone and mailbox as the application's sandbox pages see them."""

    def __init__(self, settings: Settings, kept: state.State) -> None:
        self.parts = state.wanted_parts(settings)
        self._base = kept.phone_url
        self._session = requests.Session()
        self._session.auth = (kept.account_sid, kept.auth_token)
        self._session.trust_env = False

    def messages(
        self, *, to: str = "", person: str = "", after: int | None = None, limit: int = 200
    ) -> list[dict[str, Any]]:
        """SMS, newest first, or those that followed number `after`; `to` is the recipient, `person` either side."""
        return self._items("/phone/messages", to=to, person=person, after=after, limit=limit)

    def conversations(self) -> list[dict[str, Any]]:
        """One entry per number written to or heard from, latest first."""
        return self._items("/phone/conversations")

    def reply(self, sender: str, body: str, recipient: str = "") -> dict[str, Any]:
        """Let the person with the number `sender` write. Raises NotFound when that cannot be."""
        return dict(self._ask("POST", "/phone/replies", json={"from": sender, "to": recipient, "body": body}).json())

    def pending(self) -> int:
        """Reports that the application has not had yet."""
        return int(self._ask("GET", "/phone/pending").json()["pending"]) if state.PHONE in self.parts else 0

    def mails(self, *, to: str = "", after: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """E-mails, newest first, or those that followed id `after`."""
        return self._items("/mail/messages", to=to, after=after, limit=limit)

    def mail(self, number: int) -> dict[str, Any]:
        return dict(self._ask("GET", f"/mail/messages/{number}").json())

    def part(self, number: int, part: int) -> tuple[bytes, str]:
        """Content and content type of an attachment."""
        answer = self._ask("GET", f"/mail/messages/{number}/parts/{part}")
        return answer.content, answer.headers["Content-Type"]

    def _items(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        return list(self._ask("GET", path, params=parameters).json()["items"])

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            answer = self._session.request(method, self._base + path, timeout=TIMEOUT_SECONDS, **options)
        except requests.RequestException:
            raise Unreachable() from None
        if answer.status_code >= 400:
            raise NotFound()
        return answer
