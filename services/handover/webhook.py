"""Handing over by a call with JSON to another system's web address, signed.

    POST <url>
    Idempotency-Key: <hand-over's id>-<attempt>
    Obhut-Signature: t=<seconds>,v1=<hex>       HMAC-SHA256 over "<t>.<body>" with the shared secret

Any 2xx is *accepted*. 202 with a `Location` on the same host is *handed over*: the address is asked (GET, signed over
"<t>.") until it answers {"state": "accepted" | "rejected" | "answered" | "pending", "remark"?: "…"}. 408, 425, 429 and
5xx are tried again with the same body and key; other 4xx are a refusal.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from config import clock
from config.settings import current_settings
from services.handover.base import Outcome, Parcel, ParcelFile, Progress, Step, Unavailable

SCHEMA = "obhut/hand-over/1"
SIGNATURE = "Obhut-Signature"
TIMEOUT_S = (3.05, 20.0)
LATER = frozenset({408, 425, 429})
LONGEST_REMARK = 500
OPTIONS = {"url", "secret", "files"}
STATES = {
    "accepted": Outcome.ACCEPTED,
    "rejected": Outcome.REJECTED,
    "answered": Outcome.ANSWERED,
    "pending": Outcome.WAIT,
}


def signature(secret: str, seconds: int, body: bytes) -> str:
    """The value of `Obhut-Signature`."""
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


class Webhook:
    """Options: `url`; `secret`, a name in OBHUT_HAND_OVER_SECRETS; `files`: whether the files go along."""

    name = "webhook"
    patience = timedelta(days=14)
    needs_leika = False

    def faults(self, options: Mapping[str, Any]) -> list[str]:
        found = [f"“{key}” is no option of webhook" for key in sorted(options.keys() - OPTIONS)]
        parts = urlsplit(str(options.get("url", "")))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            found.append("url: must be an address such as https://records.example.org/obhut")
        if not options.get("secret"):
            found.append("secret: must be a name in OBHUT_HAND_OVER_SECRETS")
        if not isinstance(options.get("files", False), bool):
            found.append("files: must be true or false")
        return found

    def check(self, options: Mapping[str, Any]) -> list[str]:
        settings, found = current_settings(), self.faults(options)
        if settings.is_production and str(options.get("url", "")).startswith("http:"):
            found.append("url: must begin with https:// in production")
        if options.get("secret") and options["secret"] not in settings.hand_over_secrets:
            found.append("secret: must be a name in OBHUT_HAND_OVER_SECRETS")
        return found

    def advance(self, parcel: Parcel, progress: Progress) -> Step:
        if self.check(parcel.options):
            return Step(Outcome.FAILED, progress, "options")
        status_url = progress.get("status_url")
        return self._ask(parcel, str(status_url)) if status_url else self._send(parcel)

    def _send(self, parcel: Parcel) -> Step:
        body = _body(parcel)
        url = str(parcel.options["url"])
        headers = {"Content-Type": "application/json", "Idempotency-Key": parcel.key}
        answer = self._call("POST", url, parcel, body, headers)
        if answer.status_code == 202 and answer.headers.get("Location"):
            status_url = urljoin(url, answer.headers["Location"])
            if urlsplit(status_url)[:2] != urlsplit(url)[:2]:
                return Step(Outcome.FAILED, {}, "status_elsewhere")
            return Step(Outcome.HANDED_OVER, {"status_url": status_url})
        if 200 <= answer.status_code < 300:
            return Step(Outcome.ACCEPTED)
        return Step(Outcome.REJECTED, {}, f"http_{answer.status_code}", answer.text[:LONGEST_REMARK])

    def _ask(self, parcel: Parcel, url: str) -> Step:
        progress = {"status_url": url}
        answer = self._call("GET", url, parcel, b"", {})
        if not 200 <= answer.status_code < 300:
            raise Unavailable(f"HTTP {answer.status_code}")
        try:
            content = dict(answer.json())
            outcome = STATES[str(content["state"])]
        except (ValueError, KeyError, TypeError):
            raise Unavailable("no state in the answer") from None
        problem = "rejected" if outcome is Outcome.REJECTED else ""
        return Step(outcome, progress, problem, str(content.get("remark") or "")[:LONGEST_REMARK])

    def _call(
        self, method: str, url: str, parcel: Parcel, body: bytes, headers: Mapping[str, str]
    ) -> requests.Response:
        secret = current_settings().hand_over_secrets[parcel.options["secret"]].get_secret_value()
        signed = {SIGNATURE: signature(secret, int(clock.wall().timestamp()), body)}
        try:
            answer = requests.request(
                method, url, data=body or None, headers={**headers, **signed}, timeout=TIMEOUT_S, allow_redirects=False
            )
        except requests.RequestException as error:
            raise Unavailable(type(error).__name__) from None
        if answer.status_code >= 500 or answer.status_code in LATER or 300 <= answer.status_code < 400:
            raise Unavailable(f"HTTP {answer.status_code}")
        return answer


def _body(parcel: Parcel) -> bytes:
    """The request as JSON: the same bytes whenever it is made for the same attempt."""
    content = {
        "schema": SCHEMA,
        "id": parcel.key,
        "reference": parcel.reference,
        "service": {
            "slug": parcel.service,
            "version": parcel.version,
            "title": parcel.title,
            "leika": parcel.leika or None,
        },
        "department": parcel.department,
        "locale": parcel.locale,
        "submitted_at": parcel.submitted_at.isoformat(),
        "answers": parcel.answers,
        "contact": parcel.contact,
        "files": [_file(file, parcel.options.get("files") is True) for file in parcel.files],
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _file(file: ParcelFile, with_content: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(file.id),
        "field": file.field,
        "file_name": file.name,
        "media_type": file.media_type,
        "size": file.size,
    }
    if with_content:
        data = file.read()
        shown |= {"sha256": hashlib.sha256(data).hexdigest(), "data": base64.b64encode(data).decode()}
    return shown
