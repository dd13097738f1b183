"""An act on many looks at cases while two of them turn out to be one person's: what it has noted can be read."""

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from care import bulk_act_queries, bulk_acts, bulk_work, merging
from care.bulk_act_models import BulkActRow
from care.bulk_act_rules import ActKind
from care.bulk_acts import Wish
from care.merge_rules import MergeCases
from config.database import db, transaction
from tests.factories.care import OFFICER, new_case
from tests.integration.care.test_bulk_acts import RISK, chosen
from tests.support.at_work import Other

pytestmark = [
    pytest.mark.usefixtures("care", "time"),
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),  # on SQLite one writes at a time
]


def test_a_case_is_looked_at_while_it_goes_into_another(care: Flask) -> None:
    kept, other = new_case(), new_case()
    command, reference = MergeCases(other=other.reference), kept.reference
    act_id = bulk_acts.choose(Wish(ActKind.RISK, chosen(other), RISK), actor=OFFICER)
    db.session.rollback()

    def merge() -> None:
        with transaction():
            merging.merge(command, reference=reference, actor=OFFICER)

    merges, begun = Other(care, merge), []

    def before_it_is_stored(session: Session) -> None:
        if session is db.session() and not begun:
            begun.append(True)
            merges.start()

    event.listen(Session, "before_commit", before_it_is_stored)
    try:
        bulk_work.work_next(act_id)
    finally:
        event.remove(Session, "before_commit", before_it_is_stored)
    merges.end()
    assert db.session.scalars(select(BulkActRow)).one().details


def test_what_does_not_open_costs_the_page_of_an_act_nothing_else(care: Flask) -> None:
    case = new_case()
    act_id = bulk_acts.choose(Wish(ActKind.RISK, chosen(case), RISK), actor=OFFICER)
    bulk_work.work_next(act_id)
    with transaction():
        db.session.scalars(select(BulkActRow)).one().details_sealed = b"damaged" * 9  # type: ignore[attr-defined]
    rows = bulk_act_queries.rows_of(OFFICER, act_id, (), 0)[0]
    assert [row.changes for row in rows] == [{}]
