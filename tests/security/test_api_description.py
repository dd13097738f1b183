"""The API against its own description, by every role: no server error, no way past the token, answers as described.

Values come from the description (Schemathesis): such as fit it, and such as do not.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig as Config,
)

from tests.security.matrix.people import Identity
from tests.security.matrix.world import World, build

pytestmark = pytest.mark.timeout(1800)
BOUNDED, IN_FULL = 1, 12
FEW = ("health_officer a", "resident a", "auditor")
# What fits the schema may still break a rule, clash with the state of things, or not be there (for this token).
ACCEPTED = ["2xx", "401", "403", "404", "409", "422"]


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("config.limits.of", lambda _: ())
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        return build(app)


@pytest.fixture
def schema(app: Flask, world: World) -> Any:
    load_all_checks()
    checks = ChecksConfig(positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=ACCEPTED))
    # Parameters that nobody knows are passed over on purpose; the token is ours to give.
    generation = GenerationConfig(allow_extra_parameters=False, with_security_parameters=False)
    projects = ProjectsConfig(default=ProjectConfig(checks=checks, generation=generation))
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=Config(projects=projects))


def test_every_operation_answers_as_described(
    schema: Any, world: World, amount: Callable[[int, int], int], capsys: pytest.CaptureFixture[str]
) -> None:
    examples = amount(BOUNDED, IN_FULL)
    who = [one for one in world.identities if one.token and (examples > BOUNDED or one.name in FEW)]
    calls = Calls(world, who)
    for operation, mode in product(operations(schema), (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)):
        calls.make(operation, mode, examples)
    with capsys.disabled():
        print(f"\n{calls.asked.total():,} calls of {len(calls.asked)} operations ({dict(calls.answered)})")
    assert not calls.faults, "\n\n".join(calls.faults[:200])


def operations(schema: Any) -> Iterator[Any]:
    for found in schema.get_all_operations():
        yield found.ok()


class Calls:
    """Calls of operations, each by everybody, and what was wrong with the answers."""

    def __init__(self, world: World, who: Sequence[Identity]) -> None:
        self.asked, self.answered = Counter[str](), Counter[int]()
        self.faults: list[str] = []
        self._world, self._who = world, who

    def make(self, operation: Any, mode: GenerationMode, number: int) -> None:
        """Call the operation with so many examples. Nothing is raised, so that each of them is tried."""

        # One run for all who ask: to make it ready takes longer than its calls.
        @seed(20261126)
        @settings(
            max_examples=number, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            drawn = dict(case.path_parameters or {})
            for identity in self._who:
                case.path_parameters = dict(drawn)
                self._ask(operation, mode, case, identity)

        with suppress(Unsatisfiable):  # any text fits: there is nothing that does not
            ask()

    def _ask(self, operation: Any, mode: GenerationMode, case: Any, identity: Identity) -> None:
        real = _real_records(operation, self._world, identity)
        if real and self.asked.total() % 2:
            case.path_parameters = {**case.path_parameters, **real}
        self.asked[operation.label] += 1
        try:
            answer = case.call_and_validate(headers={"Authorization": f"Bearer {identity.token}"})
        except (Exception, BaseExceptionGroup) as error:
            name = f"{identity.name}: {operation.label} ({mode.value})"
            self.faults.append(f"{name}: {type(error).__name__} {error}")
        else:
            self.answered[answer.status_code] += 1


def _real_records(operation: Any, world: World, identity: Identity) -> dict[str, str]:
    """Ids that exist, for the parameters of the path that name a record."""
    kind = "case" if operation.path.startswith("/api/v1/care/") else "request"
    known = {"reference": kind, "attachment_id": "attachment", "bulk_id": "bulk"}
    names = {parameter.name for parameter in operation.path_parameters}
    offered = {"slug": "bewohnerparkausweis"} if "slug" in names else {}
    return offered | {name: world.record(known[name], identity.side or "a", identity) for name in names & known.keys()}
