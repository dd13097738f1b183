"""The Submission API of FIT-Connect, version 1, as far as a sender needs it (docs.fitko.de/fit-connect).

Every call is authorised with an access token of the client (OAuth 2.0, client credentials in the body).
"""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import requests

from config import clock
from config.settings import Settings
from services.handover.base import Unavailable

TIMEOUT_S = (3.05, 30.0)
EARLIER = timedelta(seconds=60)
PAGE = 500
LATER = frozenset({408, 425, 429})


class Refused(Exception):
    """The delivery service says no; `status` is its HTTP status, `kind` the last part of its problem's type."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(f"HTTP {status} {kind}")
        self.status, self.kind = status, kind


class SubmissionApi:
    """A client of one delivery service. Raises Unavailable, and Refused."""

    def __init__(self, settings: Settings) -> None:
        self.base = settings.fit_connect_api_base.rstrip("/")
        self._token_url = settings.fit_connect_token_url
        self._client = settings.fit_connect_client_id
        self._secret = settings.fit_connect_client_secret.get_secret_value()

    def destination(self, destination_id: str) -> dict[str, Any]:
        return self._json("GET", f"/v1/destinations/{destination_id}")

    def destination_key(self, destination_id: str, key_id: str) -> dict[str, Any]:
        return self._json("GET", f"/v1/destinations/{destination_id}/keys/{quote(key_id, safe='')}")

    def service_keys(self) -> list[dict[str, Any]]:
        """The public keys with which the delivery service signs its own events."""
        keys = self._json("GET", "/.well-known/jwks.json").get("keys")
        return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []

    def announce(self, destination_id: str, attachments: list[str], service: Mapping[str, str]) -> tuple[str, str]:
        """Begin a submission; the ids of submission and case. One that is never finished is gone after a day."""
        made = self._json(
            "POST",
            "/v1/submissions",
            json={
                "destinationId": destination_id,
                "announcedAttachments": attachments,
                "serviceType": dict(service),
            },
        )
        try:
            return str(UUID(str(made["submissionId"]))), str(UUID(str(made["caseId"])))
        except (KeyError, ValueError):
            raise Unavailable("no ids in the answer") from None

    def upload(self, submission: str, attachment: str, token: str) -> None:
        path = f"/v1/submissions/{submission}/attachments/{attachment}"
        self._call("PUT", path, data=token.encode(), headers={"Content-Type": "application/jose"})

    def submit(self, submission: str, metadata: str, data: str) -> None:
        content = {"encryptedMetadata": metadata, "encryptedData": data}
        self._call("PUT", f"/v1/submissions/{submission}", json=content)

    def events(self, case: str) -> list[str]:
        """The event log of a case, oldest first: signed tokens, none of which is to be believed unseen."""
        found: list[str] = []
        while True:
            page = self._json("GET", f"/v1/cases/{case}/events", params={"offset": len(found), "limit": PAGE})
            log = page.get("eventLog")
            tokens = [str(token) for token in log] if isinstance(log, list) else []
            found += tokens
            if not tokens or len(found) >= int(page.get("totalCount") or 0):
                return found

    def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            content = self._call(method, path, **options).json()
        except ValueError:
            raise Unavailable("no JSON") from None
        if not isinstance(content, dict):
            raise Unavailable("no JSON object")
        return content

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = options.pop("headers", {})
        for is_last in (False, True):
            authorised = headers | {"Authorization": f"Bearer {self._token(renew=is_last)}"}
            answer = _request(method, self.base + path, headers=authorised, **options)
            if answer.status_code != 401 or is_last:
                break
        if answer.status_code < 300:
            return answer
        if answer.status_code in (401, 403) or answer.status_code >= 500 or answer.status_code in LATER:
            raise Unavailable(f"HTTP {answer.status_code}")
        raise Refused(answer.status_code, _kind(answer))

    def _token(self, *, renew: bool) -> str:
        place = (self._token_url, self._client)
        with _lock:
            known = _tokens.get(place)
            if known and not renew and known[1] > clock.wall():
                return known[0]
        fields = {"grant_type": "client_credentials", "client_id": self._client, "client_secret": self._secret}
        answer = _request("POST", self._token_url, data=fields)
        try:
            content = answer.json() if answer.status_code == 200 else {}
            token, lasts = str(content["access_token"]), int(content.get("expires_in", 0))
        except (ValueError, KeyError, TypeError):
            raise Unavailable(f"no access token (HTTP {answer.status_code})") from None
        with _lock:
            _tokens[place] = (token, clock.wall() + timedelta(seconds=lasts) - EARLIER)
        return token


_tokens: dict[tuple[str, str], tuple[str, datetime]] = {}
_lock = threading.Lock()


def _request(method: str, url: str, **options: Any) -> requests.Response:
    try:
        return requests.request(method, url, timeout=TIMEOUT_S, allow_redirects=False, **options)
    except requests.RequestException as error:
        raise Unavailable(type(error).__name__) from None


def _kind(answer: requests.Response) -> str:
    try:
        return str(answer.json()["type"]).rpartition("/")[2][:40]
    except (ValueError, KeyError, TypeError):
        return "unknown"
