"""The official SDK as an outsider uses it, led to a server that is not Twilio's."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response


class RebasedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """The SDK's own client; only the address is another."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = urlsplit(base)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        parts = urlsplit(url)
        rebased = urlunsplit((self._base.scheme, self._base.netloc, self._base.path + parts.path, parts.query, ""))
        return super().request(method, rebased, *args, **kwargs)
