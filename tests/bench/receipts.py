"""Signed receipts poured over the web server: how many a second, how long a client waits, and what it comes to."""

import asyncio
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
import psycopg
from flask import Flask
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from config import clock, schema
from config.app import create_app
from config.database import db, transaction
from config.settings import load_settings
from notifications.models import DeliveryAttempt, Notification
from notifications.rendering import render
from notifications.rows import new_message
from notifications.statuses import AttemptState, Channel, Status
from tests.fakes.provider import ACCOUNT, NUMBER, TOKEN
from tests.fixtures.databases import address_of
from tests.fixtures.processes import Obhut, eventually
from tests.servers import postgresql, redis

PATH = "/webhooks/twilio/status"
MESSAGES, COPIES, CONNECTIONS = 1_000, 5, 8
WARM_UP = 400
SETTLED_WITHIN_S = 120


@dataclass(frozen=True)
class Receipts:
    """`per_second` receipts answered, `p50` and `p99` at the client in ms, seconds until all of it was applied.

    `web_cpu` and `worker_cpu`: ms of processor time for each receipt.
    `bare_per_second`: as many requests to an address of the same server that does nothing.
    """

    per_second: float
    p50: float
    p99: float
    applied_after: float
    web_cpu: float
    worker_cpu: float
    bare_per_second: float


def measure() -> Receipts:
    """Each receipt of a thousand messages five times, in any order. Raises when the final state is another."""
    with _deployment() as (web, worker, app):
        sids = _sent_messages(app, MESSAGES)
        reported = [(sid, status) for sid in sids for status in ("sent", "delivered")] * COPIES
        random.Random(1).shuffle(reported)
        requests = [_receipt(web, sid, status) for sid, status in reported]
        _pour(web, [_bare(web)] * WARM_UP)
        bare, _ = _pour(web, [_bare(web)] * len(requests))
        _pour(web, [_receipt(web, f"SM{number:032x}", "sent") for number in range(WARM_UP)])
        before = _cpu(web), _cpu(worker)
        taken, waits = _pour(web, requests)
        began = time.monotonic()
        eventually(lambda: _delivered(app) == MESSAGES, "every message delivered", SETTLED_WITHIN_S)
        applied = time.monotonic() - began
        used = [
            (after - earlier) / len(requests) * 1000
            for after, earlier in zip((_cpu(web), _cpu(worker)), before, strict=True)
        ]
        median, last = (statistics.quantiles(waits, n=100)[place] * 1000 for place in (49, 98))
        return Receipts(len(requests) / taken, median, last, applied, *used, len(requests) / bare)


def _cpu(process: Obhut) -> float:
    """Seconds of processor time that it has used so far."""
    assert process.process
    times = psutil.Process(process.process.pid).cpu_times()
    return float(times.user + times.system)


@contextmanager
def _deployment() -> Iterator[tuple[Obhut, Obhut, Flask]]:
    """`obhut web`, `worker` and `beat` on PostgreSQL and Redis, and an application in this process to look."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="obhut-bench-")))
        server = stack.enter_context(postgresql.running())
        program = redis.program()
        assert program, "needs Redis"
        broker = stack.enter_context(redis.private(program))
        name = f"obhut_bench_{uuid.uuid4().hex[:10]}"
        with psycopg.connect(server, autocommit=True) as owner:
            owner.execute(f'CREATE DATABASE "{name}"')
            stack.callback(_drop, server, name)
        providers = {
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            "twilio_from": NUMBER,
            "twilio_api_base": "http://127.0.0.1:9",
            "smtp_url": "smtp://127.0.0.1:9",
            "oidc_issuer": "http://127.0.0.1:9",
            "oidc_client_id": "bench",
            "oidc_client_secret": "not-a-secret",
        }
        address = {"database_url": address_of(server, name), "broker_url": broker}
        settings = load_settings(data_dir=folder, base_url="http://localhost", **providers, **address)
        app = create_app(settings)
        schema.upgrade(app, settings)
        environment = {f"OBHUT_{key.upper()}": value for key, value in (providers | address).items()}
        web = Obhut(folder, environment | {"OBHUT_LOG_LEVEL": "ERROR"}, "web")
        shared = web.environment | {"OBHUT_BASE_URL": web.url}
        parts = [web, *(Obhut(folder, shared, part) for part in ("worker", "beat"))]
        for part in parts:
            stack.callback(part.close)
            part.start(wait=part is web)
        yield web, parts[1], app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _sent_messages(app: Flask, count: int) -> list[str]:
    """Messages that have gone out; the provider's ids."""
    sids = [f"SM{uuid.uuid4().hex}" for _ in range(count)]
    with app.app_context(), transaction():
        text = render("notifications.plain", Channel.SMS, "de", {"text": "Nur ein Test."})
        for number, sid in enumerate(sids):
            message = new_message("notifications.plain", Channel.SMS, f"+4915735{990000 + number}", text, f"b{number}")
            message.status, message.about, message.sent_at = Status.SENT, "bench", clock.now()
            db.session.add(message)
            attempt = DeliveryAttempt(notification_id=message.id, number=1, channel=Channel.SMS, provider_id=sid)
            attempt.state, attempt.started_at = AttemptState.SENT, clock.wall()
            db.session.flush()
            db.session.add(attempt)
    return sids


def _delivered(app: Flask) -> int:
    with app.app_context():
        counted = select(func.count()).where(Notification.status == Status.DELIVERED, ~Notification.untold)
        return int(db.session.scalar(counted) or 0)


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


if __name__ == "__main__":
    print(measure())
