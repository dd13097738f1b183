"""An offer is answered once."""

from itertools import product

import pytest

from care.transfer_rules import TRANSITIONS, TransferAction, TransferState, state_after
from config.errors import InvalidTransition


def test_only_what_is_offered_can_end() -> None:
    for state, action in product(TransferState, TransferAction):
        if state is TransferState.OFFERED:
            assert state_after(state, action) is not TransferState.OFFERED
        else:
            with pytest.raises(InvalidTransition):
                state_after(state, action)
    assert len(TRANSITIONS) == len(TransferAction)
