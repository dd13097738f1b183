"""The Twilio SDK's own asynchronous client and nothing else: the ceiling that delivery is measured against.

Run as a process of its own: `python -m tests.bench.bare_sdk BASE IN_FLIGHT MESSAGES`; prints rate and CPU as JSON.
"""

import asyncio
import json
import logging
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.bench.provider import NUMBER, TOKEN, Stub, phone
from tests.bench.stub import ACCOUNT
from tests.servers import base


@dataclass(frozen=True)
class Bare:
    """Messages per second, and the process's CPU in milliseconds a message (user and system, start excluded)."""

    rate: float
    cpu_ms: float


def measure(stub: Stub, in_flight: int, messages: int) -> Bare:
    """Send `messages` to the stub, `in_flight` at once, from a process of its own."""
    command = [sys.executable, "-m", "tests.bench.bare_sdk", stub.url, str(in_flight), str(messages)]
    done = subprocess.run(
        base.tied(command), cwd=base.ROOT, capture_output=True, text=True, check=True, start_new_session=True
    )
    return Bare(**json.loads(done.stdout))


async def _send(address: str, in_flight: int, messages: int) -> dict[str, float]:
    import aiohttp
    from twilio.http.async_http_client import AsyncTwilioHttpClient
    from twilio.rest import Client

    logging.getLogger("twilio").setLevel(logging.WARNING)
    target = urlsplit(address)

    class Rebased(AsyncTwilioHttpClient):  # type: ignore[misc]
        async def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            parts = urlsplit(url)
            rebased = urlunsplit((target.scheme, target.netloc, parts.path, parts.query, ""))
            return await super().request(method, rebased, *args, **kwargs)

    http = Rebased(pool_connections=False)
    # The SDK's own session opens no more than aiohttp's usual 100 connections.
    http.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight))
    client = Client(ACCOUNT, TOKEN, http_client=http)

    async def send_some_of(numbers: Iterator[int]) -> None:
        for number in numbers:
            await client.messages.create_async(to=phone(number), from_=NUMBER, body=f"Bare {number}")

    async def send(numbers: range) -> None:
        shared = iter(numbers)
        await asyncio.gather(*(send_some_of(shared) for _ in range(in_flight)))

    opening = 2 * in_flight
    await send(range(opening))
    began, before = time.monotonic(), _cpu()
    await send(range(opening, opening + messages))
    seconds, used = time.monotonic() - began, _cpu() - before
    await http.close()
    return {"rate": messages / seconds, "cpu_ms": used / messages * 1000}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_send(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))
