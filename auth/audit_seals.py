"""The links of the chains: keyed hashes, each over the link before it and one event.

One sealer at a time links what waits, in batches. It locks nothing that a writer needs; on SQLite, where whoever writes
holds up all others, the links are made before it begins to write.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text

from auth.audit_keys import TrailKey, trail_keys
from auth.models import AuditEvent, AuditPending, AuditSeal
from config.database import begin_writing, db, transaction
from config.encryption import blind_index
from config.rowsets import among, insert_many

BATCH = 2000  # each has to wait for its turn to write
SEALER_LOCK = 0x6F626875  # PostgreSQL advisory lock: one sealer at a time
EVENT = (
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.domain_at,
    AuditEvent.chain,
    AuditEvent.actor_kind,
    AuditEvent.actor,
    AuditEvent.action,
    AuditEvent.subject,
    AuditEvent.seen,
    AuditEvent.facts,
)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def seal() -> int:
    """Link events that wait into their chains, one batch; how many. Where another sealer is at it, none.

    That one looks once more when it has gathered again, so that it finds what waits here.
    """
    with transaction(writes_later=True):
        if not _is_the_only_sealer():
            return 0
        waiting = select(AuditPending.event_id).order_by(AuditPending.event_id).limit(BATCH)
        event_ids = db.session.scalars(waiting).all()
        if not event_ids:
            return 0
        events = db.session.execute(select(*EVENT).where(among(AuditEvent.id, event_ids)).order_by(AuditEvent.id)).all()
        ends = {chain: end_of(chain)[:2] for chain in {event.chain for event in events}}
        links = links_after(ends, events)
        if begin_writing() and not _still_wait(event_ids, ends):
            return 0
        insert_many(AuditSeal, links)
        db.session.execute(delete(AuditPending).where(among(AuditPending.event_id, event_ids)))
        return len(event_ids)


def _still_wait(event_ids: Sequence[UUID], ends: Mapping[str, tuple[int, bytes]]) -> bool:
    """Whether no other sealer has been at these events, or at the chains that ended so, since they were read."""
    waiting = select(func.count()).select_from(AuditPending).where(among(AuditPending.event_id, event_ids))
    return db.session.scalar(waiting) == len(event_ids) and all(end_of(one)[:2] == end for one, end in ends.items())


def chains() -> Iterator[tuple[str, int, bytes, str | None]]:
    """The chains by name, each with number, seal and key of its last link: two look-ups each, however long they are."""
    wanted = select(AuditSeal.chain).order_by(AuditSeal.chain).limit(1)
    chain = db.session.scalar(wanted)
    while chain is not None:
        yield (chain, *end_of(chain))
        chain = db.session.scalar(wanted.where(AuditSeal.chain > chain))


def end_of(chain: str) -> tuple[int, bytes, str | None]:
    """Number, seal and key of the last link of a chain; (0, b"", None) when it has none."""
    links = select(AuditSeal.number, AuditSeal.seal, AuditSeal.key_id).where(AuditSeal.chain == chain)
    last = db.session.execute(links.order_by(AuditSeal.number.desc()).limit(1)).first()
    return (last.number, last.seal, last.key_id) if last else (0, b"", None)


def link_of(event: Any, number: int, previous: bytes, key: TrailKey) -> bytes:
    """The link of an event (a row of the columns `EVENT`) as `number` of its chain, after the link `previous`."""
    row = [
        str(event.id),
        event.at.isoformat(),
        event.domain_at.isoformat(),
        event.chain,
        event.actor_kind,
        event.actor,
        event.action,
        event.subject,
        event.seen,
        event.facts,
    ]
    return key.link(f"{number}\0{previous.hex()}\0{_encode(row)}")


def first_link_of(event: Any, number: int, previous: bytes) -> bytes:
    """The same as it was until the trail had keys of its own and knew who looked."""
    row = {
        "id": str(event.id),
        "at": event.at.isoformat(),
        "domain_at": event.domain_at.isoformat(),
        "chain": event.chain,
        "actor_kind": event.actor_kind,
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "facts": event.facts,
    }
    return blind_index("audit seal", f"{number}\0{previous.hex()}\0{_encode(row)}")


def links_after(ends: Mapping[str, tuple[int, bytes]], events: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of `AuditSeal` that go on with the chains where they end (number and seal), one for each event, in order."""
    key, last, links = trail_keys().newest, dict(ends), []
    for event in events:
        number, previous = last[event.chain]
        number, link = number + 1, link_of(event, number + 1, previous, key)
        links.append({"chain": event.chain, "number": number, "event_id": event.id, "seal": link, "key_id": key.id})
        last[event.chain] = number, link
    return links


def _is_the_only_sealer() -> bool:
    """Whether no other is at it, until the end of this transaction."""
    if db.session.get_bind().dialect.name != "postgresql":
        return True  # SQLite does not tell; there the one who comes first writes
    taken = db.session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": SEALER_LOCK})
    return bool(taken)
