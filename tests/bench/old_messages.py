"""Years of messages that are over and done with: texts wiped, attempts and receipts kept. Made by SQL alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

PEOPLE_SHARE = 20  # messages that each person got
# From two years ago until four days ago, evenly: what is younger still has its text.
AT = "(%(now)s - interval '730 days' + n * (interval '726 days' / %(number)s))"
# UUIDv7 of that time: sorted as they came. `kind` keeps those of one moment apart.
ID = "(lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint + {after}), 12, '0') || '7{kind}8' || lpad(to_hex(n), 15, '0'))::uuid"  # noqa: E501
PERSON = "n %% greatest(%(number)s / %(share)s, 1)"
# Of a hundred: 94 delivered, the others each in an end of their own.
STATUS = "CASE n %% 100 WHEN 7 THEN 'undelivered' WHEN 23 THEN 'failed' WHEN 41 THEN 'suppressed' WHEN 59 THEN 'cancelled' WHEN 73 THEN 'expired' WHEN 91 THEN 'undelivered' ELSE 'delivered' END"  # noqa: E501
WAS_SENT = "n %% 100 NOT IN (23, 41, 59, 73)"
ATTEMPTED = "n %% 100 NOT IN (41, 59, 73)"
DELIVERED = "n %% 100 NOT IN (7, 23, 41, 59, 73, 91)"
PROVIDER_ID = "'SM' || md5('sid' || n)"


def _id(kind: str, after_ms: int = 0) -> str:
    return ID.format(at=AT, after=after_ms, kind=kind)


# SQL cannot seal a recipient, which the pages would have to open: in its room there is as long a `correlation`.
MESSAGES = f"""
    INSERT INTO notification (
        id, key, template, template_version, channel, locale, recipient_index, correlation, about, status,
        resend_when_unknown, segments, attempts_made, created_at, changed_at, sent_at, delivered_at, untold,
        tell_failures, has_text, priority, purpose, cause)
    SELECT {_id("a01")}, 'old:' || n, 'notifications.plain', '740e76cd75a6', 'sms', 'de',
        sha256(('person' || {PERSON})::bytea),
        md5('a' || n) || substr(md5('a' || n), 1, 16),
        'case:' || {PERSON}, {STATUS}, false, 1, ({ATTEMPTED})::int, {AT}, {AT} + interval '1 minute',
        CASE WHEN {WAS_SENT} THEN {AT} + interval '1 second' END,
        CASE WHEN {DELIVERED} THEN {AT} + interval '6 seconds' END,
        false, 0, false, 1, 'general',
        CASE n %% 100 WHEN 23 THEN 'bad_address' WHEN 7 THEN 'blocked' WHEN 91 THEN 'other_channel' ELSE 'none' END
    FROM generate_series(1, %(number)s::bigint) AS n
"""
ATTEMPTS = f"""
    INSERT INTO delivery_attempt (
        id, notification_id, number, channel, sender, provider_id, state, meaning, started_at, settled_at, redacted_at)
    SELECT {_id("a02", 500)}, {_id("a01")}, 1, 'sms', '+4915735990099',
        CASE WHEN {WAS_SENT} THEN {PROVIDER_ID} END,
        CASE WHEN {DELIVERED} THEN 'delivered' WHEN {WAS_SENT} THEN 'undelivered' ELSE 'failed' END,
        'none', {AT}, {AT} + interval '6 seconds', {AT} + interval '10 minutes'
    FROM generate_series(1, %(number)s::bigint) AS n WHERE {ATTEMPTED}
"""
RECEIPTS = f"""
    INSERT INTO receipt (id, provider_id, status, received_at, processed_at)
    SELECT {_id("a03", 2000)}, {PROVIDER_ID}, 'sent', {AT} + interval '2 seconds', {AT} + interval '2 seconds'
    FROM generate_series(1, %(number)s::bigint) AS n WHERE {WAS_SENT}
    UNION ALL
    SELECT {_id("a04", 6000)}, {PROVIDER_ID}, CASE WHEN {DELIVERED} THEN 'delivered' ELSE 'undelivered' END,
        {AT} + interval '6 seconds', {AT} + interval '6 seconds'
    FROM generate_series(1, %(number)s::bigint) AS n WHERE {WAS_SENT}
"""
TABLES = ("notification", "delivery_attempt", "receipt")
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('p', 'u', 'f') OR confrelid = ANY(%s::regclass[])
    ORDER BY contype = 'f', conname
"""
# Partial ones hold next to nothing of these rows.
FULL_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexdef NOT LIKE '%% WHERE %%'
"""


def fill(dsn: str, number: int) -> None:
    """Put `number` old messages, with their attempts and receipts, into a migrated, empty database."""
    with psycopg.connect(dsn, autocommit=True) as owner, _without_indexes(owner):
        _at_once(dsn, number, MESSAGES, ATTEMPTS, RECEIPTS)
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")
        owner.execute("CHECKPOINT")


@contextmanager
def _without_indexes(owner: psycopg.Connection) -> Iterator[None]:
    """Indexes and keys are built once afterwards, which takes a fraction of the time."""
    tables = list(TABLES)
    constraints = owner.execute(CONSTRAINTS, (tables, tables)).fetchall()
    for table, name, _ in reversed(constraints):
        owner.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    left = owner.execute(FULL_INDEXES, (tables,)).fetchall()
    for name, _ in left:
        owner.execute(f'DROP INDEX "{name}"')
    yield
    owner.execute("SET maintenance_work_mem = '512MB'")
    for _, definition in left:
        owner.execute(definition)
    for table, name, definition in constraints:
        valid = " NOT VALID" if definition.startswith("FOREIGN KEY") else ""  # the rows are right by their making
        owner.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}{valid}')


def _at_once(dsn: str, number: int, *statements: str) -> None:
    failed: list[BaseException] = []
    values = {"number": number, "share": PEOPLE_SHARE, "now": datetime.now(UTC)}

    def run(statement: str) -> None:
        try:
            with psycopg.connect(dsn) as connection:
                connection.execute("SET synchronous_commit = off")
                connection.execute(statement, values)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(statement,)) for statement in statements]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
