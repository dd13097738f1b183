"""`POST /api/v1/notifications` of one SMS, beside bare Flask views that do one insert and one commit."""

import dataclasses
import json
from collections.abc import Iterator
from typing import NamedTuple

import psutil

from config.command_line.running import WEB_THREADS
from tests.bench import bare_web, load
from tests.bench.deployment import deployment, provider
from tests.bench.report import Line, at_least, at_most, of_baseline

SHARE, RATE, P95_MS = 0.6, 500, 25
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


def measure(processes: int = 1) -> Iterator[Line]:
    """Rate and latency of all, in rounds that alternate; the medians by rate. The marks are against the faster bare."""
    with provider() as stub, deployment(stub) as place:
        web, headers = place.start_web(OBHUT_WEB_PROCESSES=str(processes))
        assert web.process
        with (
            bare_web.running(place.owners, WEB_THREADS) as (bare_port, bare_process),
            bare_web.running(place.owners, WEB_THREADS, orm=True) as (orm_port, orm_process),
        ):
            bare, orm, ours = rounds(
                Served(bare_port, "/", bare_process, headers),
                Served(orm_port, "/", orm_process, headers),
                Served(web.port, PATH, web.process.pid, headers),
            )
    assert set(ours.statuses) == set(orm.statuses) == {"202"}, (ours, orm)
    what = "POST of one message" + (f", {processes} processes" if processes > 1 else "")
    marks = (at_least(RATE, "1/s"), of_baseline(SHARE))
    yield Line(f"{what}: rate", ours.rate, "1/s", "bare view: one insert, one commit", bare.rate, marks)
    yield Line(f"{what}: rate", ours.rate, "1/s", "bare view: Flask-SQLAlchemy's add, commit", orm.rate)
    yield Line(f"{what}: median", ours.median_ms, "ms", "bare view, median", bare.median_ms)
    yield Line(f"{what}: p95", ours.p95_ms, "ms", "bare view, p95", bare.p95_ms, (at_most(P95_MS, "ms"),))
    yield Line(f"{what}: CPU of the server", ours.cpu_ms, "ms", "bare view, CPU", bare.cpu_ms)


class Served(NamedTuple):
    """Something that is posted to. `paths`: each is posted to once, instead of to `path`."""

    port: int
    path: str
    pid: int
    headers: dict[str, str]
    body: str = BODY
    paths: tuple[str, ...] = ()

    def loaded(self, seconds: float) -> load.Load:
        """With the CPU that the server and its children took for each request: the rate tells of others' load, too."""
        before = self._cpu()
        found = load.post(
            self.port,
            self.path,
            self.headers,
            self.body,
            connections=CONNECTIONS,
            seconds=seconds,
            paths=self.paths,
        )
        return dataclasses.replace(found, cpu_ms=(self._cpu() - before) * 1000 / sum(found.statuses.values()))

    def _cpu(self) -> float:
        parent = psutil.Process(self.pid)
        times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))


def rounds(*served: Served) -> list[load.Load]:
    """Load on each in turn, several times; the median of each by rate."""
    for each in served:
        each.loaded(WARM_UP_S)
    found = [[each.loaded(SECONDS) for each in served] for _ in range(ROUNDS)]
    return [_median(list(of_one)) for of_one in zip(*found, strict=True)]


def _median(found: list[load.Load]) -> load.Load:
    return sorted(found, key=lambda each: each.rate)[len(found) // 2]
