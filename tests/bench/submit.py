"""Handing a request in, by the API and by the page, beside bare Flask views that do one insert and one commit; and how
long the pages of a large form take.
"""

import json
import statistics
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from itsdangerous import URLSafeTimedSerializer

from auth import sessions
from auth.actors import Actor
from auth.models import User
from auth.roles import HeldRole, Role
from config.command_line.running import WEB_THREADS
from config.database import db, transaction
from services import apply_pages, filling, submission_keys, versions
from services.definitions import ServiceDefinition
from services.draft_commands import EnterStep
from tests.bench import bare_web
from tests.bench.api import ROUNDS, Served, rounds
from tests.bench.deployment import Deployment, deployment, provider
from tests.bench.report import Line, at_most, of_baseline
from tests.fixtures.processes import Obhut
from tests.support import more_services

SHARE, P95_MS, PAGE_MS = 0.4, 150, 50
SLUG = "sicher"
ANSWERS = {
    "given_name": "Jorinde",
    "family_name": "Ackerknecht",
    "email": "bench-#@example.org",
    "reason": "Weil es an der Zeit ist, und weil sonst niemand fragt.",
}
DRAFTS = 4_000
STEPS, RULES_A_STEP = 10, 10
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
OFF = {"OBHUT_LIMIT_SUBMISSIONS": "off", "OBHUT_LIMIT_API": "off", "OBHUT_WEB_PROCESSES": "1"}


class WithMoreServices(Obhut):
    """`obhut web` that offers the services made up for tests."""

    program = "from tests.support.more_services import put_there; put_there(); from config.cli import main; main()"


def measure() -> Iterator[Line]:
    """Rates and latencies in rounds that alternate, the medians by rate; then the pages, in this process."""
    more_services.put_there()
    with provider() as stub, deployment(stub) as place:
        web, headers = place.start_web("caseworker", WithMoreServices, **OFF)
        assert web.process
        with place.at_hand():
            cookie, body, paths = _drafts(place)
        first = {"answers": ANSWERS}  # the first of all waits for what is loaded then
        web.http.post(f"{web.url}/api/v1/services/{SLUG}/requests", json=first, headers=headers, timeout=120)
        page = {"Cookie": cookie, **FORM}
        share = len(paths) // (ROUNDS + 1)
        api = Served(
            web.port, f"/api/v1/services/{SLUG}/requests", web.process.pid, headers, json.dumps({"answers": ANSWERS})
        )
        with (
            bare_web.running(place.owners, WEB_THREADS) as (bare_port, bare_process),
            bare_web.running(place.owners, WEB_THREADS, orm=True) as (orm_port, orm_process),
        ):
            bare = Served(bare_port, "/", bare_process, {})
            orm = Served(orm_port, "/", orm_process, {})
            found = rounds(bare, orm, api)
            yield from _lines("POST of one request", found)
            sent = [
                Served(web.port, "", web.process.pid, page, body, tuple(paths[at * share : (at + 1) * share])).loaded(
                    6.0
                )
                for at in range(ROUNDS + 1)
            ][1:]
            best = sorted(sent, key=lambda one: one.rate)[len(sent) // 2]
            yield from _lines("button of the summary", [found[0], found[1], best])
    yield from _pages()


def _lines(what: str, found: list[Any]) -> Iterator[Line]:
    bare, orm, ours = found
    marks = (of_baseline(SHARE),)
    yield Line(f"{what}: rate", ours.rate, "1/s", "bare view: one insert, one commit", bare.rate, marks)
    yield Line(f"{what}: rate", ours.rate, "1/s", "bare view: Flask-SQLAlchemy's add, commit", orm.rate, marks)
    yield Line(f"{what}: p95", ours.p95_ms, "ms", "bare view, p95", bare.p95_ms, (at_most(P95_MS, "ms"),))
    yield Line(f"{what}: CPU of the server", ours.cpu_ms, "ms", "bare view, CPU", bare.cpu_ms)
    assert set(ours.statuses) <= {"201", "303"}, ours


def _drafts(place: Deployment) -> tuple[str, str, list[str]]:
    """Somebody's cookie, the body of the form that sends, and the addresses of drafts that only have to be sent."""
    with transaction():
        user = User(issuer="bench", subject="bench", given_name="Jorinde", assurance="substantial")
        db.session.add(user)
        db.session.flush()
        token, _login = sessions.start(
            user, provider="residents", claim_roles=(), is_staff=False, id_token="", device="bench", form_token="bench"
        )
    held = frozenset({HeldRole(Role.RESIDENT)})
    actor = Actor.of("user", str(user.id), held, user_id=user.id, assurance="substantial")
    signed = URLSafeTimedSerializer(str(place.app.secret_key), salt="wtf-csrf-token").dumps("bench")
    keys = [submission_keys.new_key() for _ in range(DRAFTS)]
    for key in keys:
        for step in versions.on_offer(SLUG).steps:
            answers = {one.key: ANSWERS[one.key] for one in step.fields}
            entry = filling.prepare(EnterStep(slug=SLUG, submission_key=key, step=step.key, answers=answers))
            with transaction():
                filling.enter(entry, actor)
    return f"obhut_session={token}", f"csrf_token={signed}", [f"/services/{SLUG}/apply/{key}/to-send" for key in keys]


def large_form() -> ServiceDefinition:
    """Ten steps of ten questions, each shown or wanted by a rule over others."""
    plain = versions.catalogue()[SLUG].model_dump(mode="json", exclude_none=True)
    steps = plain["steps"]
    for number in range(STEPS - len(steps)):
        fields = [
            {
                "key": f"q{number}_{one}",
                "type": "text",
                "label": {"de": f"Frage {number}/{one}"},
                "visible": {"or": [{"!=": [{"var": f"q{number - 1}_{one}"}, "nie"]}, {"==": [{"var": "reason"}, "x"]}]},
                "required_when": {"and": [{"var": "given_name"}, {"!": [{"var": "email"}]}]},
            }
            for one in range(RULES_A_STEP)
        ]
        steps.append({"key": f"step{number}", "title": {"de": f"Schritt {number}"}, "fields": fields})
    return ServiceDefinition.model_validate(plain | {"steps": steps})


def _pages() -> Iterator[Line]:
    """The CPU that each page of a form with ten steps and more than a hundred rules takes; the machine may be busy."""
    definition = large_form()
    app = _application()
    answers = dict(ANSWERS)
    answers |= {f"q{number}_{one}": "Ja" for number in range(STEPS) for one in range(RULES_A_STEP)}
    took = []
    with app.test_request_context("/services/sicher/apply"):
        for _ in range(5):
            for step in definition.steps:
                began = time.thread_time()
                passed = tuple(one.key for one in definition.steps)
                way = apply_pages.walk(definition, answers, {}, passed, today=date(2026, 11, 26))
                filled = apply_pages.Filling(definition, "k" * 20, None, answers, apply_pages.Progress(), way)
                apply_pages.step_page(filled, step.key, apply_pages.Said())
                took.append((time.thread_time() - began) * 1000)
    yield Line("CPU of a page of 10 steps and 160 rules, median", statistics.median(took), "ms")
    yield Line("CPU of the slowest of these pages", max(took[len(took) // 5 :]), "ms", marks=(at_most(PAGE_MS, "ms"),))


def _application() -> Any:
    from tempfile import mkdtemp

    from config.app import create_app
    from config.settings import load_settings

    return create_app(load_settings(data_dir=mkdtemp(prefix="obhut-bench-")))
