"""Signed receipts poured over the web server: how many a second, how long a client waits, and what it comes to."""

import asyncio
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode, urlsplit

import psycopg
from twilio.request_validator import RequestValidator

from tests.bench.deployment import Deployment, deployment, provider
from tests.bench.provider import NUMBER, TOKEN
from tests.bench.report import Line, at_least, at_most
from tests.bench.stub import ACCOUNT
from tests.bench.usage import Usage
from tests.fixtures.processes import Obhut, eventually

PATH = "/webhooks/twilio/status"
MESSAGES, COPIES, CONNECTIONS = 1_000, 5, 8
WARM_UP = 400
SETTLED_WITHIN_S = 120
RATE, P99_MS = 500, 200


def measure() -> Iterator[Line]:
    """Each receipt of a thousand messages five times, in any order. Raises when the final state is another."""
    with provider() as stub, deployment(stub) as place:
        worker = place.start_worker()
        web, _ = place.start_web()
        sids = _sent(place)
        reported = [(sid, status) for sid in sids for status in ("sent", "delivered")] * COPIES
        random.Random(1).shuffle(reported)
        requests = [_receipt(web, sid, status) for sid, status in reported]
        _pour(web, [_bare(web)] * WARM_UP)
        bare, bare_waits = _pour(web, [_bare(web)] * len(requests))
        _pour(web, [_receipt(web, f"SM{number:032x}", "sent") for number in range(WARM_UP)])
        assert web.process and worker.process
        with Usage(web.process.pid) as of_web, Usage(worker.process.pid) as of_worker:
            taken, waits = _pour(web, requests)
            began = time.monotonic()
            eventually(lambda: _delivered(place) == MESSAGES, "every message delivered", SETTLED_WITHIN_S)
            applied = time.monotonic() - began
    what, beside = f"{len(requests):,} receipts", "an address that does nothing"
    rate = len(requests) / taken
    yield Line(f"{what}: rate", rate, "1/s", beside, len(requests) / bare, (at_least(RATE, "1/s"),))
    yield Line(f"{what}: median", _percentile(waits, 50), "ms", beside, _percentile(bare_waits, 50))
    yield Line(
        f"{what}: p99", _percentile(waits, 99), "ms", beside, _percentile(bare_waits, 99), (at_most(P99_MS, "ms"),)
    )
    yield Line(f"{what}: all applied after the last", applied, "s", "taking them", taken)
    yield Line(f"{what}: CPU of web a receipt", of_web.cpu_s / len(requests) * 1000, "ms")
    yield Line(f"{what}: CPU of the worker a receipt", of_worker.cpu_s / len(requests) * 1000, "ms")


def _percentile(waits: Sequence[float], which: int) -> float:
    """Milliseconds."""
    return statistics.quantiles(waits, n=100)[which - 1] * 1000


def _sent(place: Deployment) -> list[str]:
    """Let messages go out; the provider's ids."""
    with place.at_hand():
        place.write(MESSAGES)
        place.wait_until_settled()
    with psycopg.connect(place.dsn) as connection:
        rows = connection.execute(
            "SELECT provider_id FROM delivery_attempt WHERE notification_id > %s AND state = 'sent'", (place.first_id,)
        ).fetchall()
    assert len(rows) == MESSAGES, f"only {len(rows)} were sent"
    return [provider_id for (provider_id,) in rows]


def _delivered(place: Deployment) -> int:
    with psycopg.connect(place.dsn) as connection:
        counted = "SELECT count(*) FROM notification WHERE status = 'delivered' AND NOT untold"
        row = connection.execute(counted).fetchone()
    return row[0] if row else 0


def _receipt(web: Obhut, sid: str, status: str) -> bytes:
    form = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "From": NUMBER, "MessageSid": sid, "SmsSid": sid}
    form |= {"MessageStatus": status, "SmsStatus": status, "To": "+4915735990001"}
    body = urlencode(form)
    signature = RequestValidator(TOKEN).compute_signature(web.url + PATH, form)
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Twilio-Signature: {signature}\r\n"
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def _bare(web: Obhut) -> bytes:
    return b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def _pour(web: Obhut, requests: Sequence[bytes]) -> tuple[float, list[float]]:
    """Send all of it over a few kept-alive connections: seconds for all, and for each."""
    return asyncio.run(_poured(urlsplit(web.url).port or 80, requests))


async def _poured(port: int, requests: Sequence[bytes]) -> tuple[float, list[float]]:
    waiting, waits = iter(requests), list[float]()

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            began = time.monotonic()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert head.startswith((b"http/1.1 204", b"http/1.1 200")), head
            length = head.partition(b"content-length: ")[2].split(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
            waits.append(time.monotonic() - began)
        writer.close()

    began = time.monotonic()
    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return time.monotonic() - began, waits
