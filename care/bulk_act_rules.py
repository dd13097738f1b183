"""Acts on many cases at once: what can follow what. Two tables, one for the act and one for each of its cases. Pure.

An act is chosen, looked at, confirmed, carried out and, for a while, can be taken back. A case of it is changed only if
it is still as it was looked at, and is put back only if nobody has changed it since.
"""

from datetime import datetime
from enum import StrEnum

from auth.roles import Permission
from config.errors import InvalidTransition


class ActKind(StrEnum):
    """What is done with all the cases. `message` and `export` choose the people; other rooms go on with them."""

    ASSIGN = "assign"
    FOLLOW_UP = "follow_up"
    RISK = "risk"
    EXTEND = "extend"
    ORDER = "order"
    PROTOCOL = "protocol"
    OCCASION = "occasion"
    CLOSE = "close"
    MESSAGE = "message"
    EXPORT = "export"


class ActState(StrEnum):
    """`reading`: the cases are being noted; `preparing`: each is being looked at, for the preview."""

    READING = "reading"
    PREPARING = "preparing"
    PREVIEWED = "previewed"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    DISCARDED = "discarded"


class ActAction(StrEnum):
    """`read`, `show` and `finish` are the house's own."""

    READ = "read"
    SHOW = "show"
    CONFIRM = "confirm"
    FINISH = "finish"
    UNDO = "undo"
    DISCARD = "discard"


class RowState(StrEnum):
    """What would become of one case, or has."""

    NEW = "new"  # not looked at yet
    READY = "ready"  # would change
    SAME = "same"  # is so already
    REFUSED = "refused"  # cannot be changed, and why stands beside it
    DONE = "done"
    CHANGED = "changed"  # somebody was faster: left as it is
    FAILED = "failed"  # refused when it was its turn
    LEFT = "left"  # taken back before it was its turn
    UNDONE = "undone"
    KEPT = "kept"  # changed since, or not to be put back: left as it is


TRANSITIONS: dict[tuple[ActState, ActAction], ActState] = {
    (ActState.READING, ActAction.READ): ActState.PREPARING,
    (ActState.PREPARING, ActAction.SHOW): ActState.PREVIEWED,
    **{
        (state, ActAction.DISCARD): ActState.DISCARDED
        for state in (ActState.READING, ActState.PREPARING, ActState.PREVIEWED)
    },
    (ActState.PREVIEWED, ActAction.CONFIRM): ActState.RUNNING,
    (ActState.RUNNING, ActAction.FINISH): ActState.DONE,
    (ActState.RUNNING, ActAction.UNDO): ActState.UNDOING,
    (ActState.DONE, ActAction.UNDO): ActState.UNDOING,
    (ActState.UNDOING, ActAction.FINISH): ActState.UNDONE,
}
# Asked for once more (a second click, a page that is old), what has been carried out changes nothing.
CARRIED_OUT: dict[ActAction, frozenset[ActState]] = {
    ActAction.CONFIRM: frozenset({ActState.RUNNING, ActState.DONE, ActState.UNDOING, ActState.UNDONE}),
    ActAction.UNDO: frozenset({ActState.UNDOING, ActState.UNDONE}),
    ActAction.DISCARD: frozenset({ActState.DISCARDED}),
}
ROW_TRANSITIONS: dict[RowState, frozenset[RowState]] = {
    RowState.NEW: frozenset({RowState.READY, RowState.SAME, RowState.REFUSED}),
    RowState.READY: frozenset({RowState.DONE, RowState.CHANGED, RowState.FAILED, RowState.LEFT}),
    RowState.DONE: frozenset({RowState.UNDONE, RowState.KEPT}),
}
# In which state of the act which rows still have to be worked off.
TO_DO: dict[ActState, RowState] = {
    ActState.PREPARING: RowState.NEW,
    ActState.RUNNING: RowState.READY,
    ActState.UNDOING: RowState.DONE,
}
ENDS: dict[ActState, ActAction] = {
    ActState.PREPARING: ActAction.SHOW,
    ActState.RUNNING: ActAction.FINISH,
    ActState.UNDOING: ActAction.FINISH,
}
HANDED_ON = frozenset({ActKind.MESSAGE, ActKind.EXPORT})  # the house itself changes nothing
# What somebody needs beside CASES_BULK.
PERMISSIONS: dict[ActKind, Permission] = {
    ActKind.ORDER: Permission.CASES_ORDER,
    ActKind.OCCASION: Permission.CASES_ENROL,
    ActKind.MESSAGE: Permission.MESSAGES_SEND,
    ActKind.EXPORT: Permission.CASES_EXPORT,
}


def after(state: ActState, action: ActAction) -> ActState | None:
    """The state that `action` leads to; None when it was carried out before. Raises InvalidTransition."""
    if state in CARRIED_OUT.get(action, ()):
        return None
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise InvalidTransition(action.value, state.value) from None


def row_after(state: RowState, to: RowState) -> RowState:
    """`to`, if a row can come there. Raises InvalidTransition."""
    if to not in ROW_TRANSITIONS.get(state, ()):
        raise InvalidTransition(to.value, state.value)
    return to


def possible(kind: ActKind, state: ActState, undo_until: datetime | None, now: datetime) -> frozenset[ActAction]:
    """What people can do with an act; pages show buttons for these only. `undo_until` is aware UTC, None while running.

    After it an act stands.
    """
    actions = {action for found, action in TRANSITIONS if found is state} & {*CARRIED_OUT}
    if kind in HANDED_ON:
        actions.discard(ActAction.CONFIRM)
    if undo_until is not None and now >= undo_until:
        actions.discard(ActAction.UNDO)
    return frozenset(actions)


def permission_for(kind: ActKind) -> Permission:
    """What somebody must be allowed, in the office of the cases, to do this with them."""
    return PERMISSIONS.get(kind, Permission.CASES_BULK)
