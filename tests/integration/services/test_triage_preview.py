"""What one is told before an act on many requests is carried out."""

import pytest

from services import proposals, queries, triage
from services.lifecycle import Action
from services.triage import Kind, Triage
from tests.factories import services as given

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.one_database]


def test_who_asks_is_told_of_the_proposal_that_is_dropped() -> None:
    first, second = given.caseworker(), given.caseworker()
    with given.defined(four_eyes=True):
        proposed, plain = (given.submitted(given.resident()).reference for _ in range(2))
        for reference in (proposed, plain):
            given.acted(reference, Action.TAKE, first)
        given.acted(proposed, Action.PROPOSE_APPROVE, first, "Alles liegt vor.")
        command = Triage(kind=Kind.ASK, rows=(proposed, plain), message="Seit wann?")
        outcomes = {one.reference: one.drops_proposal for one in triage.preview(command, second)}
        assert outcomes == {proposed: True, plain: False}
        assert proposals.waiting(queries.get(second, proposed)) is not None
        triage.carry_out(command, second)
        assert proposals.waiting(queries.get(second, proposed)) is None


def test_what_is_marked_already_is_said_to_be() -> None:
    caseworker = given.caseworker()
    reference = given.submitted(given.resident()).reference
    for kind, hindered in ((Kind.PRIORITISE, False), (Kind.UNPRIORITISE, True)):
        (outcome,) = triage.preview(Triage(kind=kind, rows=(reference,)), caseworker)
        assert (outcome.error is not None) is hindered
    given.acted(reference, Action.PRIORITISE, caseworker)
    (outcome,) = triage.preview(Triage(kind=Kind.PRIORITISE, rows=(reference,)), caseworker)
    assert "already" in str(outcome.error)
