"""Talking to a provider: requests bounded in time and size, and our credentials as the standard writes them."""

import base64
import time
from typing import Any
from urllib.parse import quote_plus

import requests
from authlib.integrations.requests_client import OAuth2Session

TIMEOUT_S = 5.0
ANSWER_WITHIN_S = 10.0
ANSWER_BYTES = 512 * 1024
CHUNK_BYTES = 16 * 1024


class BoundedSession(OAuth2Session):  # type: ignore[misc]
    """Authlib's session that follows no redirects and bounds time and size of every answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.register_client_auth_method(("client_secret_basic", _basic))

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs |= {"timeout": TIMEOUT_S, "allow_redirects": False, "stream": True}
        deadline = time.monotonic() + ANSWER_WITHIN_S
        response: requests.Response = super().request(method, url, *args, **kwargs)
        received = bytearray()
        with response:
            # read1 gives what has arrived; iter_content would wait for a full chunk, and so for a slow server's whim
            while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
                received += chunk
                if len(received) > ANSWER_BYTES or time.monotonic() > deadline:
                    raise requests.exceptions.ContentDecodingError("answer too large or too slow")
        response._content = bytes(received)
        return response


def _basic(client: Any, _method: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, dict[str, str], str]:
    # RFC 6749, 2.3.1: both are form-encoded first. Authlib leaves that out, and a secret with a plus or a per cent
    # sign is then another one.
    pair = ":".join(quote_plus(part) for part in (client.client_id, client.client_secret))
    headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return uri, headers, body
