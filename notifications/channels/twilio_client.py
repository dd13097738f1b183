"""The SDK's asynchronous client: kept-alive connections, our deadlines, no log of numbers, and another address."""

import logging
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit, urlunsplit

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, encode_basic_auth
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from config.message_settings import TwilioAccount

CONNECT_S, ANSWER_S = 3.05, 13.0
IDLE_S = 20  # Twilio closes idle connections later than that

_silent = logging.getLogger("obhut.silent")
_silent.disabled = True  # the SDK writes the address with its query, and so phone numbers


# How each byte of a text stands in a form (application/x-www-form-urlencoded), by its code.
_IN_FORM = {code: quote_plus(bytes([code])) for code in range(256)}


def quoted(text: str) -> str:
    """The same as `urllib.parse.quote_plus`, at a seventh of its cost: it looks at each letter in Python."""
    return text.encode().decode("latin-1").translate(_IN_FORM)


class RebasedHttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]
    """Must be made in a running loop. The SDK's own one passes "no deadline" on to every request."""

    def __init__(self, base: str, connections: int) -> None:
        super().__init__(pool_connections=False, logger=_silent)
        self.session = ClientSession(
            connector=TCPConnector(limit=connections, keepalive_timeout=IDLE_S),
            timeout=ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S),
            cookie_jar=DummyCookieJar(),
        )
        parts = urlsplit(base)
        self._rebased: dict[str, URL] = {}
        self._scheme, self._host, self._prefix = parts.scheme, parts.netloc, parts.path.rstrip("/")

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | bytes | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request; `data` as a form, or as one that is encoded already.

        Raises what aiohttp raises, TimeoutError among it.
        """
        rebased = self._rebased.get(url) or self._rebase(url)
        async with self.session.request(
            method,
            rebased,
            params=params or None,
            data=urlencode(data, doseq=True).encode() if isinstance(data, dict) else data,
            headers={**(headers or {}), **({"Authorization": encode_basic_auth(*auth)} if auth else {})},
            allow_redirects=allow_redirects,
        ) as answer:
            return Response(answer.status, (await answer.read()).decode(errors="replace"), answer.headers)

    def _rebase(self, url: str) -> URL:
        parts = urlsplit(url)
        found = URL(urlunsplit((self._scheme, self._host, self._prefix + parts.path, parts.query, "")), encoded=True)
        if not parts.query:  # the addresses that everything goes to; those of look-ups are all different
            self._rebased[url] = found
        return found


class AccountClient(Client):  # type: ignore[misc]
    """The client of one account. Its requests all carry the same headers, so they are put together once."""

    def __init__(self, account: TwilioAccount, connections: int) -> None:
        http_client = RebasedHttpClient(account.api_base, connections)
        super().__init__(account.account_sid, account.auth_token.get_secret_value(), http_client=http_client)
        self._headers: dict[str, dict[str, str]] = {}

    def get_headers(self, method: str, headers: dict[str, str] | None) -> dict[str, str]:
        found = self._headers.get(method)
        if found is None:
            found = self._headers[method] = super().get_headers(method, None)
        return {**found, **(headers or {})}

    @property
    def messages_path(self) -> str:
        return f"https://api.twilio.com/2010-04-01/Accounts/{self.account_sid}/Messages.json"


async def probe(account: TwilioAccount) -> None:
    """Ask for one message of the account, which every Messages server can answer and costs nothing.

    Raises what the SDK or aiohttp raises.
    """
    client = AccountClient(account, 1)
    try:
        await client.messages.list_async(limit=1, page_size=1)
    finally:
        await client.http_client.close()
