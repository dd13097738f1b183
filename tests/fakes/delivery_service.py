"""A FIT-Connect delivery service and the authority behind it, after their public documentation; shares nothing with us.

It really opens what it is sent, with its own private keys and another library than the product's, and signs its events
with PS512. `receiver` says what the authority does with what it fetches.
"""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.fakes.serving import Response, Served, as_json

CLIENT, CLIENT_SECRET = "obhut-tests", "not-a-secret-but-long-enough-for-it"
DESTINATION = "879ee109-a690-4db8-ab32-424284184d7d"
SCHEMA = "https://schema.example.org/permit/1.0.0/permit.schema.json"
SERVICE = "urn:de:fim:leika:leistung:99108037001000"
EVENTS = "https://schema.fitko.de/fit-connect/events/"


@cache
def private_key(name: str, bits: int = 4096) -> rsa.RSAPrivateKey:
    """Made once for all tests: a key of this size takes a second."""
    return rsa.generate_private_key(65537, bits)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk(key: rsa.RSAPrivateKey, kid: str, alg: str, operation: str) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    n = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "kid": kid, "alg": alg, "key_ops": [operation], "n": b64(n), "e": b64(b"\1\0\1")}


class DeliveryService(Served):
    """`is_down`: 503 for all. `before_answer` runs when a call was carried out and is not answered yet."""

    def __init__(self) -> None:
        self.submissions: dict[str, dict[str, Any]] = {}
        self.logs: dict[str, list[str]] = {}
        self.calls: list[str] = []
        self.is_down = False
        self.weak_key = False
        self.before_answer: Callable[[str, str], object] = lambda *_: None
        self._tokens: set[str] = set()
        super().__init__()

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "fit_connect_api_base": self.url,
            "fit_connect_token_url": f"{self.url}/token",
            "fit_connect_client_id": CLIENT,
            "fit_connect_client_secret": CLIENT_SECRET,
        }

    @property
    def submitted(self) -> list[dict[str, Any]]:
        return [one for one in self.submissions.values() if one["state"] == "submitted"]

    # what the authority does

    def opened(self, token: str) -> bytes:
        """The content of a compact JWE, opened with the destination's private key."""
        header, wrapped, iv, content, tag = token.split(".")
        said = json.loads(unb64(header))
        assert (said["alg"], said["enc"]) == ("RSA-OAEP-256", "A256GCM")
        assert said["kid"] == "enc-1"
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        key = private_key("encryption").decrypt(unb64(wrapped), oaep)
        return AESGCM(key).decrypt(unb64(iv), unb64(content) + unb64(tag), header.encode())

    def received(self) -> tuple[dict[str, Any], dict[str, Any], list[bytes]]:
        """Metadata, data and files of the one submission, with the digests that the metadata promise compared."""
        (one,) = self.submitted
        metadata, data = json.loads(self.opened(one["metadata"])), self.opened(one["data"])
        structure = metadata["contentStructure"]
        assert structure["data"]["hash"]["content"] == hashlib.sha512(data).hexdigest()
        files = []
        for entry in structure["attachments"]:
            file = self.opened(one["files"][entry["attachmentId"]])
            assert entry["hash"] == {"type": "sha512", "content": hashlib.sha512(file).hexdigest()}
            files.append(file)
        return metadata, json.loads(data), files

    def accept(self, **changes: Any) -> None:
        (one,) = self.submitted
        self.write(one, "accept-submission", {"authenticationTags": self.tags(one)}, **changes)

    def reject(self, **changes: Any) -> None:
        (one,) = self.submitted
        problem = {"type": "…/schema-violation", "title": "Schema violation", "detail": "zone is missing"}
        self.write(one, "reject-submission", {"problems": [problem]}, **changes)

    def tags(self, one: dict[str, Any]) -> dict[str, Any]:
        last = lambda token: token.rsplit(".", 1)[1]  # noqa: E731
        files = {name: last(token) for name, token in one["files"].items()}
        return {"metadata": last(one["metadata"]), "data": last(one["data"]), "attachments": files}

    def write(self, one: dict[str, Any], event: str, payload: dict[str, Any], **changes: Any) -> None:
        """Put a signed event into the log; `by`: whose key, `header` and `claims`: what is to be otherwise."""
        by = changes.get("by", "destination")
        header = {"typ": "secevent+jwt", "alg": "PS512", "kid": "sig-1" if by == "destination" else "service-1"}
        claims = {
            "iss": DESTINATION if by == "destination" else self.url,
            "iat": int(time.time()),
            "jti": str(uuid.uuid4()),
            "sub": f"submission:{one['id']}",
            "txn": f"case:{one['case']}",
            "events": {EVENTS + event: payload},
        }
        header, claims = header | changes.get("header", {}), claims | changes.get("claims", {})
        signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
        pss = padding.PSS(padding.MGF1(hashes.SHA512()), hashes.SHA512().digest_size)
        signature = private_key(changes.get("signer", by)).sign(signed.encode(), pss, hashes.SHA512())
        self.logs[one["case"]].append(f"{signed}.{b64(signature)}")

    # what the service does

    def respond(self, method: str, path: str, headers: Any, body: bytes) -> Response:
        return as_json(*self.answer(method, path, headers, body))

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        self.calls.append(f"{method} {path.partition('?')[0]}")
        if self.is_down:
            return 503, {"type": "about:blank"}
        if path == "/token":
            return self._token(body)
        if path == "/.well-known/jwks.json":
            return 200, {"keys": [jwk(private_key("service"), "service-1", "PS512", "verify")]}
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return 401, {}
        found = self._carry_out(method, urlsplit(path).path.split("/")[2:], headers, body)
        self.before_answer(method, path)
        return found

    def _token(self, body: bytes) -> tuple[int, Any]:
        fields = dict(parse_qsl(body.decode()))
        if (fields.get("client_id"), fields.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            return 401, {"error": "invalid_client"}
        assert fields["grant_type"] == "client_credentials"
        token = uuid.uuid4().hex
        self._tokens.add(token)
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": 1800}

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def _carry_out(self, method: str, parts: list[str], headers: Any, body: bytes) -> tuple[int, Any]:
        match method, parts:
            case "GET", ["destinations", id_] if id_ == DESTINATION:
                return 200, {"destinationId": id_, "status": "active", "encryptionKid": "enc-1"}
            case "GET", ["destinations", id_, "keys", "enc-1"] if id_ == DESTINATION:
                key = private_key("weak", 2048) if self.weak_key else private_key("encryption")
                return 200, jwk(key, "enc-1", "RSA-OAEP-256", "wrapKey")
            case "GET", ["destinations", id_, "keys", "sig-1"] if id_ == DESTINATION:
                return 200, jwk(private_key("destination"), "sig-1", "PS512", "verify")
            case "POST", ["submissions"]:
                return self._announce(json.loads(body))
            case "PUT", ["submissions", id_, "attachments", name]:
                one = self.submissions[id_]
                assert headers["Content-Type"] == "application/jose"
                if name not in one["announced"] or one["state"] != "incomplete":
                    return 422, {"type": "https://schema.fitko.de/…/problems/attachment-not-announced"}
                one["files"][name] = body.decode()
                return 204, None
            case "PUT", ["submissions", id_]:
                return self._submit(self.submissions[id_], json.loads(body))
            case "GET", ["cases", case, "events"]:
                log = self.logs[case]
                return 200, {"offset": 0, "count": len(log), "totalCount": len(log), "eventLog": log}
        return 404, {"type": "https://schema.fitko.de/…/problems/not-found"}

    def _announce(self, asked: dict[str, Any]) -> tuple[int, Any]:
        if asked["destinationId"] != DESTINATION or asked["serviceType"]["identifier"] != SERVICE:
            return 422, {"type": "https://schema.fitko.de/…/problems/service-not-offered"}
        made = {
            "id": str(uuid.uuid4()),
            "case": str(uuid.uuid4()),
            "announced": asked["announcedAttachments"],
            "files": {},
            "state": "incomplete",
        }
        self.submissions[made["id"]] = made
        self.logs[made["case"]] = []
        self.write(made, "create-submission", {}, by="service")
        return 201, {"submissionId": made["id"], "caseId": made["case"], "destinationId": DESTINATION}

    def _submit(self, one: dict[str, Any], asked: dict[str, str]) -> tuple[int, Any]:
        if one["state"] != "incomplete" or set(one["files"]) != set(one["announced"]):
            return 409, {"type": "https://schema.fitko.de/…/problems/submission-state"}
        one |= {"metadata": asked["encryptedMetadata"], "data": asked["encryptedData"], "state": "submitted"}
        self.write(one, "submit-submission", {"authenticationTags": self.tags(one)}, by="service")
        self.write(one, "notify-submission", {}, by="service")
        return 200, {"submissionId": one["id"]}
