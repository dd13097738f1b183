"""Talking to a provider: requests bounded in time and size, and our credentials as the standard writes them."""

import base64
import contextlib
import socket
import threading
import time
from typing import Any
from urllib.parse import quote_plus

import requests
from authlib.integrations.requests_client import OAuth2Session
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

TIMEOUT_S = 5.0
ANSWER_WITHIN_S = 5.0
ANSWER_BYTES = 512 * 1024
CHUNK_BYTES = 16 * 1024


class BoundedSession(OAuth2Session):  # type: ignore[misc]
    """Authlib's session that follows no redirects and bounds time and size of every answer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.register_client_auth_method(("client_secret_basic", _basic))
        self._opened: list[Any] = []
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Remembering(self._opened))

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs |= {"timeout": TIMEOUT_S, "allow_redirects": False, "stream": True}
        deadline = time.monotonic() + ANSWER_WITHIN_S
        with self._hung_up_after(ANSWER_WITHIN_S):
            response: requests.Response = super().request(method, url, *args, **kwargs)
            received = bytearray()
            with response:
                # read1 gives what has arrived; iter_content would wait for a full chunk, and so for a server's whim
                while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
                    received += chunk
                    if len(received) > ANSWER_BYTES or time.monotonic() > deadline:
                        raise requests.exceptions.ContentDecodingError("answer too large or too slow")
        if time.monotonic() > deadline:  # what was cut off looks as if it had ended
            raise requests.exceptions.Timeout("answer too slow")
        response._content = bytes(received)
        return response

    @contextlib.contextmanager
    def _hung_up_after(self, seconds: float) -> Any:
        """End the connection when the time is over: a timeout alone begins anew with every byte, in headers too."""
        timer = threading.Timer(seconds, self._hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._opened.clear()

    def _hang_up(self) -> None:
        for connection in list(self._opened):
            with contextlib.suppress(OSError, TypeError):  # closed already, or not open yet
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


class _Remembering(HTTPAdapter):
    """Notes every connection that it opens in the list it was given."""

    def __init__(self, opened: list[Any]) -> None:
        self._opened = opened
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools()

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools()
        return manager

    def _pools(self) -> dict[str, Any]:
        return {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": _noting(pool.ConnectionCls, self._opened)})
            for scheme, pool in (("http", HTTPConnectionPool), ("https", HTTPSConnectionPool))
        }


def _noting(base: Any, opened: list[Any]) -> Any:
    class Connection(base):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            opened.append(self)

    return Connection


def _basic(client: Any, _method: str, uri: str, headers: dict[str, str], body: str) -> tuple[str, dict[str, str], str]:
    # RFC 6749, 2.3.1: both are form-encoded first. Authlib leaves that out, and a secret with a plus or a per cent
    # sign is then another one.
    pair = ":".join(quote_plus(part) for part in (client.client_id, client.client_secret))
    headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return uri, headers, body
