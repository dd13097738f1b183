"""What PostgreSQL does for each statement that the product sends: EXPLAIN (ANALYZE, BUFFERS) beside the real thing."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine import Engine

READS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
BIG = ("notification", "delivery_attempt", "receipt")


@dataclass(frozen=True)
class Plan:
    """One statement's most expensive run: pages touched, rows found, written or asked for (at least 1), and time.

    `scanned`: tables with old messages that it read from end to end; `ways`: how it came to its rows.
    """

    statement: str
    buffers: int
    rows: int
    milliseconds: float
    scanned: tuple[str, ...]
    ways: tuple[str, ...]

    @property
    def buffers_a_row(self) -> float:
        return self.buffers / self.rows

    @property
    def shape(self) -> str:
        """The statement without its parameters."""
        bare = re.sub(r"(%\(\w+\)s(::[A-Z]\w*( WITH TIME ZONE)?(\[\])?)?(, )?)+", "?", self.statement)
        return re.sub(r"SELECT .*? FROM", "SELECT … FROM", re.sub(r"\s+", " ", bare), count=1)


@contextmanager
def watched(engine: Engine) -> Iterator[dict[str, Plan]]:
    """Explain every statement on `engine` just before it runs, in the same transaction, with its effect undone.

    Gives the most expensive plan of each statement.
    """
    found: dict[str, Plan] = {}
    guard = threading.Lock()

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if many or not statement.lstrip().upper().startswith(READS):
            return
        plan = _explained(cursor.connection, statement, parameters)
        with guard:
            if plan.shape not in found or found[plan.shape].buffers_a_row < plan.buffers_a_row:
                found[plan.shape] = plan

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def _explained(connection: psycopg.Connection, statement: str, parameters: Any) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before_explain")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        row = cursor.fetchone()
        cursor.execute("ROLLBACK TO SAVEPOINT before_explain")
    assert row
    top = (row[0] if isinstance(row[0], list) else json.loads(row[0]))[0]
    plan = top["Plan"]
    buffers = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    scanned = sorted({node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan"} & set(BIG))
    writes = plan["Node Type"] == "ModifyTable"
    rows = int((plan["Plans"][0] if writes else plan)["Actual Rows"])
    ways = [f"{node['Node Type']} {node['Index Name']}" for node in _nodes(plan) if "Index Name" in node]
    rows = max(rows, _asked_for(parameters), 1)
    return Plan(statement, buffers, rows, top["Execution Time"], tuple(scanned), tuple(dict.fromkeys(ways)))


def _asked_for(parameters: Any) -> int:
    """How many rows a statement names that gets them as one array."""
    given = parameters.values() if isinstance(parameters, dict) else parameters or ()
    arrays = [value for value in given if isinstance(value, str) and value.startswith("{")]
    lists = [len(value) for value in given if isinstance(value, list)]
    return max([0, *lists, *(array.count(",") + 1 for array in arrays)])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)
