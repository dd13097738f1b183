"""The way of an offer to hand a case over to another health office: one table. What is absent is not possible. Pure."""

from datetime import timedelta
from enum import StrEnum

from config.errors import InvalidTransition


class TransferState(StrEnum):
    OFFERED = "offered"  # the first office looks after the person until the other one says yes
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by the first office, or because the case was closed or merged
    EXPIRED = "expired"  # nobody answered


class TransferAction(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


TRANSITIONS: dict[tuple[TransferState, TransferAction], TransferState] = {
    (TransferState.OFFERED, TransferAction.ACCEPT): TransferState.ACCEPTED,
    (TransferState.OFFERED, TransferAction.REFUSE): TransferState.REFUSED,
    (TransferState.OFFERED, TransferAction.WITHDRAW): TransferState.WITHDRAWN,
    (TransferState.OFFERED, TransferAction.EXPIRE): TransferState.EXPIRED,
}
LASTS = timedelta(days=3)  # a weekend, and then somebody has to speak with the other office


def state_after(state: TransferState, action: TransferAction) -> TransferState:
    """The state that `action` leads to. Raises InvalidTransition."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise InvalidTransition(action.value, state.value) from None
