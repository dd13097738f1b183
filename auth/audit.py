"""The audit trail: who did what to which record, and who looked at whose data. Append-only, pseudonymous, chained.

Events are appended unchained inside the acting transaction, so that the trail never makes writers wait for each
other. A sealer links them afterwards (`auth.audit_seals`), each place's in a chain of its own. Facts are codes,
numbers and ids; a name, a phone number or a symptom has no place here.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app

from auth.actors import Actor
from auth.audit_sealer import wake_sealer
from auth.audit_seals import seal
from auth.audit_verification import Verdict, verify
from auth.models import AuditEvent, AuditPending, Office
from auth.roles import STAFF_ROLES
from config import clock
from config.database import db, in_transaction, on_commit, transaction
from config.gathering import gathered_columns
from config.ids import new_id
from config.looks import NewRow, write_at_once

__all__ = [
    "HOUSE_CHAIN",
    "SEEN_PER_EVENT",
    "VERIFIED",
    "chain_of_department",
    "chain_of_office",
    "chain_of_owner",
    "looked",
    "note_verification",
    "record",
    "seal",
    "verify",
]

HOUSE_CHAIN = "house"
VERIFIED = "audit.verified"
FACT_LENGTH = 200
ONE_LOOK = timedelta(minutes=5)
SEEN_PER_EVENT = 500
REMEMBERED_LOOKS = 5000
Fact = str | int | float | bool | None


def record(
    actor: Actor,
    action: str,
    subject: str,
    *,
    chain: str = HOUSE_CHAIN,
    seen: Sequence[str] | None = None,
    **facts: Any,
) -> UUID:
    """Append an event, and say its id. Call inside `transaction()`; raises RuntimeError elsewhere.

    `action` is a code such as `case.closed`; `subject` a record such as `case:K7NPX3RB`; `facts` are codes, numbers,
    ids and dates. `chain` is that of the place whose record it is (`chain_of_office`, `chain_of_department`). `seen`
    are the records whose data are shown; `looked` is the usual way to say so.
    """
    on_commit("audit-seal", wake_sealer)
    event_id = new_id()
    row = {
        "id": event_id,
        "at": clock.wall(),
        "domain_at": clock.now(),
        "chain": chain,
        "actor_kind": actor.kind,
        "actor": actor.id,
        "action": action,
        "subject": subject,
        "seen": None if seen is None else [_plain(one) for one in seen],
        "facts": {name: _fact(value) for name, value in facts.items()},
    }
    pending = {"event_id": event_id}
    if not (gathered_columns(AuditEvent, row) and gathered_columns(AuditPending, pending)):
        # With nearly every act, so not by the unit of work.
        write_at_once([NewRow(AuditEvent, row), NewRow(AuditPending, pending)])
    return event_id


def looked(
    actor: Actor,
    action: str,
    seen: Sequence[str],
    *,
    chain: str,
    subject: str | None = None,
    **facts: Any,
) -> None:
    """Record that `actor` looked at the data of the records `seen`: one event for a whole list, none for no record.

    Inside the caller's transaction, or else in one of its own. What the house looks at by itself is not recorded. The
    same look again within five minutes (actor, action, records and facts, asked of the same process) counts as one.
    `subject` is what was opened: by default the only record, or the place of the list.
    """
    if actor.is_system or not seen:
        return
    look = (actor.kind, actor.id, action, chain, tuple(seen), repr(sorted(facts.items())))
    memory = _memory()
    if memory.has(look):
        return
    roles = sorted(role.value for role in actor.roles & STAFF_ROLES)
    with _transaction_of_somebody():
        for start in range(0, len(seen), SEEN_PER_EVENT):
            part = seen[start : start + SEEN_PER_EVENT]
            about = subject or (seen[0] if len(seen) == 1 else chain)
            record(actor, action, about, chain=chain, seen=part, roles=roles, **facts)
        on_commit(f"audit-look:{look}", lambda: memory.add(look))


def note_verification(actor: Actor, verdict: Verdict, chain: str | None = None) -> None:
    """Record that the trail was verified, and what came of it. Call inside `transaction()`."""
    first = verdict.faults[0] if verdict.faults else None
    found: dict[str, Any] = {"whole": verdict.is_whole, "sealed": verdict.sealed, "only": chain}
    if first:
        found |= {"faults": len(verdict.faults), "bad_chain": first.chain, "bad_link": first.number}
    record(actor, VERIFIED, "audit", **found)


def chain_of_office(office_id: UUID) -> str:
    """The chain of a health office's records: `office:<code>`; the house's for an office that there is not."""
    known: dict[UUID, str] = current_app.extensions.setdefault("obhut.audit_chains", {})
    if office_id not in known:  # a code never changes
        office = db.session.get(Office, office_id)
        if office is None:
            return HOUSE_CHAIN
        known[office_id] = f"office:{office.code}"
    return known[office_id]


def chain_of_department(code: str | None) -> str:
    """The chain of a department's records: `department:<code>`; the house's where there is none."""
    return f"department:{code}" if code else HOUSE_CHAIN


def chain_of_owner(owner: str | None) -> str:
    """The chain of whoever owns a message, written `office:<id>` or `department:<code>`."""
    kind, _, name = (owner or "").partition(":")
    if kind == "department":
        return chain_of_department(name)
    try:
        return chain_of_office(UUID(name)) if kind == "office" else HOUSE_CHAIN
    except ValueError:
        return HOUSE_CHAIN


class _Looks:
    """The looks that were recorded a moment ago."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._at: OrderedDict[tuple[Any, ...], float] = OrderedDict()

    def has(self, look: tuple[Any, ...]) -> bool:
        with self._guard:
            at = self._at.get(look)
            return at is not None and time.monotonic() - at < ONE_LOOK.total_seconds()

    def add(self, look: tuple[Any, ...]) -> None:
        with self._guard:
            self._at[look] = time.monotonic()
            self._at.move_to_end(look)
            while len(self._at) > REMEMBERED_LOOKS:
                self._at.popitem(last=False)


def _memory() -> _Looks:
    memory = current_app.extensions.setdefault("obhut.audit_looks", _Looks())
    assert isinstance(memory, _Looks)
    return memory


@contextmanager
def _transaction_of_somebody() -> Iterator[None]:
    if in_transaction():
        yield
    else:
        with transaction():
            yield


def _fact(value: Any) -> Fact | list[Fact]:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return _plain(value)


def _plain(value: Any) -> Fact:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)[:FACT_LENGTH]
    return value if value is None or isinstance(value, int | float) else str(value)[:FACT_LENGTH]
