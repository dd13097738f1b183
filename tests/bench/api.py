"""`POST /api/v1/notifications` of one SMS, beside a bare Flask view that does one insert and one commit."""

import contextlib
import dataclasses
import json
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import psycopg
import requests

from config.command_line.running import WEB_THREADS
from tests.bench import bare_web, load
from tests.fixtures.databases import address_of
from tests.fixtures.processes import Obhut, eventually
from tests.servers import postgresql, rabbitmq, redis

CONNECTIONS, SECONDS, WARM_UP_S, ROUNDS = 8, 6.0, 2.0, 3
PATH = "/api/v1/notifications"
BODY = json.dumps(
    {
        "template": "notifications.plain",
        "recipient": {"phone": "+4915735990001", "locale": "de"},
        "variables": {"text": "Ihr Termin am 3. Dezember um 9 Uhr ist bestätigt. https://obhut.example/t/#"},
        "key": "bench-#",
    },
    ensure_ascii=False,
)
# Somebody has to be set, or `obhut web` asks for the sandbox; nothing is ever sent there.
NOBODY = {
    "OBHUT_OIDC_ISSUER": "http://127.0.0.1:9", "OBHUT_OIDC_CLIENT_ID": "bench", "OBHUT_OIDC_CLIENT_SECRET": "none",
    "OBHUT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "OBHUT_TWILIO_AUTH_TOKEN": "none",
    "OBHUT_TWILIO_FROM": "+4915735990099", "OBHUT_TWILIO_API_BASE": "http://127.0.0.1:9", "OBHUT_SMTP_URL": "smtp://127.0.0.1:9",
}  # fmt: skip


class Figure(NamedTuple):
    """One figure with its baseline."""

    what: str
    value: float
    unit: str
    baseline_of: str
    baseline: float


def measure(processes: int = 1) -> Iterator[Figure]:
    """Rate and latency of both, in rounds that alternate; the medians by rate."""
    with (
        _database() as database,
        running_web(database, processes) as (house, headers),
        bare_web.running(database, WEB_THREADS) as (bare_port, bare_process),
    ):
        assert house.process
        bare, ours = _rounds(
            _Served(bare_port, "/", bare_process, headers), _Served(house.port, PATH, house.process.pid, headers)
        )
    assert set(ours.statuses) == {"202"}, ours
    what = "POST of one message" + (f", {processes} processes" if processes > 1 else "")
    yield Figure(what, ours.rate, "1/s", "bare view: one insert, one commit", bare.rate)
    yield Figure(f"{what}: median", ours.median_ms, "ms", "bare view, median", bare.median_ms)
    yield Figure(f"{what}: p95", ours.p95_ms, "ms", "bare view, p95", bare.p95_ms)
    yield Figure(f"{what}: CPU of the server", ours.cpu_ms, "ms", "bare view, CPU", bare.cpu_ms)


@contextlib.contextmanager
def running_web(database: str, processes: int = 1) -> Iterator[tuple[Obhut, dict[str, str]]]:
    """`obhut web` on a migrated database, with the headers of a client that may send."""
    with tempfile.TemporaryDirectory(prefix="obhut-bench-") as folder, _broker() as broker:
        own = {"OBHUT_DATABASE_URL": database, "OBHUT_WEB_PROCESSES": str(processes), **broker, **NOBODY}
        house = Obhut(Path(folder), own, "web")
        try:
            upgraded = house.run("db", "upgrade")
            assert upgraded.returncode == 0, upgraded.stderr
            headers = house.token("health_officer")
            house.start(wait=False)
            eventually(lambda: _is_up(house), "the web server answers", 60)
            yield house, headers
        finally:
            house.close()


def _is_up(house: Obhut) -> bool:
    try:
        return house.http.get(house.url + "/healthz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


class _Served(NamedTuple):
    port: int
    path: str
    pid: int
    headers: dict[str, str]

    def loaded(self, seconds: float) -> load.Load:
        """With the CPU that the server and its children took for each request: the rate tells of others' load, too."""
        before = self._cpu()
        found = load.post(self.port, self.path, self.headers, BODY, connections=CONNECTIONS, seconds=seconds)
        return dataclasses.replace(found, cpu_ms=(self._cpu() - before) * 1000 / sum(found.statuses.values()))

    def _cpu(self) -> float:
        parent = psutil.Process(self.pid)
        times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))


def _rounds(bare: _Served, ours: _Served) -> tuple[load.Load, load.Load]:
    for each in (bare, ours):
        each.loaded(WARM_UP_S)
    found = [(bare.loaded(SECONDS), ours.loaded(SECONDS)) for _ in range(ROUNDS)]
    return _median([one for one, _ in found]), _median([other for _, other in found])


def _median(found: list[load.Load]) -> load.Load:
    return sorted(found, key=lambda each: each.rate)[len(found) // 2]


@contextlib.contextmanager
def _database() -> Iterator[str]:
    with postgresql.running() as server:
        name = f"obhut_bench_{int(time.time())}_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(server, autocommit=True) as owner:
            owner.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
            try:
                yield address_of(server, name)
            finally:
                owner.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def _broker() -> Iterator[dict[str, str]]:
    if redis.installed() is None:
        with rabbitmq.running() as address:
            yield {"OBHUT_BROKER_URL": address}
        return
    with redis.running() as address:
        prefix = f"obhut-bench-{uuid.uuid4().hex[:10]}-"
        try:
            yield {"OBHUT_BROKER_URL": address, "OBHUT_BROKER_PREFIX": prefix}
        finally:
            import redis as client

            with client.Redis.from_url(address) as connection:
                for key in connection.scan_iter(match=f"{prefix}*", count=500):
                    connection.delete(key)


if __name__ == "__main__":
    for figure in measure():
        print(*figure, sep="  ", flush=True)
