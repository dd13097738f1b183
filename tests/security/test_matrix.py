"""Every address × everybody × everybody's records × every method: nobody sees, learns or changes what is not theirs."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from config import scopes
from config.database import db
from config.row_security import PROTECTED
from tests.security.matrix.probing import MASKED, MAY_BE_AWAY, Due, Probe, probes, send
from tests.security.matrix.world import World, build

pytestmark = pytest.mark.timeout(1800)
BOUNDED, IN_FULL = 700, 1_000_000
# Acts of the house itself that a refused request leaves behind, too: when a login was last used, what was recorded.
OF_THE_FRAME = {"audit_event", "audit_pending", "user_session", "login_attempt", "idempotency_record"}
TO_LOGIN = "/auth/login"
ALLOWED = {
    Due.NO_SUCH_METHOD: {405},
    Due.REFUSED: {403, 308},  # 308: to the same address in its usual spelling, which is asked again
    Due.NOT_FOUND: {404, 400, 409, 415, 422},
}


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("config.limits.of", lambda _: ())  # limits have tests of their own; here they would hide leaks
    monkeypatch.setattr("auth.policies.demand_login", lambda _: None)  # in full it takes longer than a login is fresh
    app.config["WTF_CSRF_ENABLED"] = False  # form tokens have tests of their own, too
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        return build(app)


def test_nobody_gets_what_is_not_theirs(
    app: Flask, world: World, amount: Callable[[int, int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = sample(list(probes(app, world)), amount(BOUNDED, IN_FULL))
    leaks: list[str] = []
    asked: Counter[Due] = Counter()
    not_found: dict[tuple[str, str, str], dict[str, tuple[int, bytes]]] = {}
    client = app.test_client()
    for due, group in groupby(chosen, key=lambda probe: probe.due is Due.OPEN):
        before = {} if due else rows(app)
        for probe in group:
            answer, path = send(app, client, world, probe)
            asked[probe.due] += 1
            leaks += [f"{probe.name}: {fault}" for fault in faults(world, probe, answer, path)]
            if probe.due is Due.NOT_FOUND:
                key = probe.asking.name, probe.rule.rule, probe.method
                not_found.setdefault(key, {})[probe.side] = answer.status_code, _masked(answer, path)
        if not due:
            leaks += [
                f"a refused request has changed {table}" for table, row in rows(app).items() if row != before[table]
            ]
    leaks += [
        f"foreign and deleted differ: {key}" for key, answers in not_found.items() if len(set(answers.values())) > 1
    ]
    with capsys.disabled():
        print(f"\n{asked.total():,} probes ({dict(asked)}), {len(leaks)} leaks")
    assert not leaks, "\n".join(leaks[:40])


def sample(found: list[Probe], most: int) -> list[Probe]:
    """At most so many, always the same, each address at least once by somebody who must not and by somebody who may."""
    if len(found) <= most:
        return found
    dice = random.Random(4)
    shuffled = dice.sample(found, len(found))
    first = {(probe.rule.rule, probe.rule.endpoint, probe.due): probe for probe in shuffled}
    chosen = set(map(id, first.values())) | set(map(id, shuffled[: max(0, most - len(first))]))
    return [probe for probe in found if id(probe) in chosen]


def faults(world: World, probe: Probe, answer: TestResponse, path: str) -> Iterator[str]:
    """What is wrong with an answer."""
    code, location = answer.status_code, answer.headers.get("Location", "")
    if code >= 500 and not (code == 503 and probe.rule.endpoint in MAY_BE_AWAY):
        yield f"{code}"
    if probe.due is Due.LOGIN and not (code in (401, 308) or (code == 302 and TO_LOGIN in location)):
        yield f"{code} instead of the login"
    if probe.due in ALLOWED and code not in ALLOWED[probe.due]:
        yield f"{code} instead of {probe.due}"
    hidden = world.hidden_from(probe.asking)
    if "/c/" in path:  # whoever has the link has it, whoever else they are
        hidden = (
            {one for one in hidden if one not in world.canaries[f"case {probe.side}"]}
            if probe.side in ("a", "b")
            else hidden
        )
    told = answer.get_data() + repr(list(answer.headers)).encode()
    own_words = path.encode()
    for one in sorted(hidden):
        word = one.encode()
        if word in told and word not in own_words:
            yield f"{code} tells {one}"


def rows(app: Flask) -> dict[str, str]:
    """A digest of every table with rows of people."""
    found = {}
    with app.app_context(), scopes.within(scopes.system("tests")):
        for table in sorted(PROTECTED.keys() - OF_THE_FRAME):
            lines = sorted(repr(tuple(row)) for row in db.session.execute(text(f"SELECT * FROM {table}")))
            found[table] = str(hash(tuple(lines)))
    return found


def _masked(answer: TestResponse, path: str) -> bytes:
    body = MASKED.sub(b"", answer.get_data())
    for part in path.strip("/").split("/"):
        if len(part) >= 8:
            body = body.replace(part.encode(), b"#")
    return body
