"""What goes straight to PostgreSQL's driver behaves as what SQLAlchemy executes."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.exc import DataError, OperationalError

from auth import tokens
from auth.actors import Actor
from auth.models import ApiToken, Department
from auth.roles import Role
from config import clock
from config.database import db, transaction
from config.direct import Statement
from config.ids import new_id
from config.looks import Look, Question
from notifications.models import Notification
from notifications.outbox import enqueue
from notifications.statuses import Channel
from tests.factories import services as given
from tests.factories.notifications import PHONE, message, put_sms


def cut_all_connections(app: Flask) -> None:
    """As a restart of the database does, for this process alone."""
    with app.app_context():
        address = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def only_on_postgresql(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("SQLite has no connections that can be cut, and stores anything")


def test_a_message_is_what_the_model_reads_again(database: Flask) -> None:
    put_sms("one", about="A", owner="office:x", zone="Europe/Istanbul")
    row = message("one")
    assert (row.body, row.about, row.owner, row.zone) == ("Text one", "A", "office:x", "Europe/Istanbul")
    assert row.created_at.tzinfo is not None and row.fallbacks is None and row.not_before is None


def test_a_failure_rolls_the_callers_transaction_back(database: Flask) -> None:
    only_on_postgresql(database)
    with pytest.raises(DataError):
        put_sms("nul\0")
    put_sms("good")
    assert db.session.scalars(select(Notification.key)).all() == ["good"]


def test_a_revoked_token_ends_with_the_next_request(app: Flask, client: FlaskClient, places: None) -> None:
    with app.app_context(), transaction():
        token = tokens.issue(actor=Actor.system("tests"), role=Role.HEALTH_OFFICER, name="tests")
    headers = {"Authorization": f"Bearer {token}"}
    address = "/api/v1/notifications?about=x"
    assert client.get(address, headers=headers).status_code == 200
    with app.app_context(), transaction():
        tokens.revoke(db.session.scalars(select(ApiToken.id)).one(), Actor.system("tests"))
    assert client.get(address, headers=headers).status_code == 401


def test_a_database_that_was_away_is_taken_up_again(app: Flask, client: FlaskClient, places: None) -> None:
    only_on_postgresql(app)
    with app.app_context(), transaction():
        token = tokens.issue(actor=Actor.system("tests"), role=Role.HEALTH_OFFICER, name="tests")
    headers = {"Authorization": f"Bearer {token}"}
    address = "/api/v1/notifications?about=x"
    assert client.get(address, headers=headers).status_code == 200
    cut_all_connections(app)
    seen = [client.get(address, headers=headers).status_code for _ in range(8)]
    assert set(seen) <= {200, 503} and seen[-1] == 200, seen


def test_a_connection_that_rested_is_asked_before_it_is_used(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    only_on_postgresql(app)
    monkeypatch.setattr("config.pools.PING_AFTER_S", 0.0)
    with app.app_context():
        with transaction():
            db.session.execute(text("SELECT 1"))
        cut_all_connections(app)
        with transaction():
            assert db.session.scalar(text("SELECT 2")) == 2


@pytest.mark.parametrize("ask", [lambda: db.session.scalar(text("SELECT 1")), lambda: tokens.actor_of("unknown")])
def test_of_many_dead_connections_one_is_met(app: Flask, ask: Callable[[], object]) -> None:
    only_on_postgresql(app)
    with app.app_context():
        for connection in [db.engine.connect() for _ in range(4)]:
            connection.execute(text("SELECT 1"))
            connection.close()
        cut_all_connections(app)
        with pytest.raises(OperationalError):
            ask()
        db.session.rollback()
        for _ in range(4):
            ask()
            db.session.rollback()


def test_a_connection_cut_within_a_transaction_is_an_error_of_the_database(app: Flask, places: None) -> None:
    only_on_postgresql(app)
    with app.app_context():
        with pytest.raises(OperationalError), transaction():
            db.session.execute(text("SELECT 1"))
            cut_all_connections(app)
            enqueue(
                template="notifications.plain", channel=Channel.SMS, to=PHONE, locale="de", variables={"text": "x"},
                key="cut", about="x",
            )  # fmt: skip
        put_sms("after")
        assert message("after").status.value == "pending"


def test_a_transaction_after_a_look_is_one(app: Flask, places: None) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), transaction():
            assert tokens.actor_of("unknown") is None  # within a transaction, too
            tokens.issue(actor=Actor.system("tests"), role=Role.HEALTH_OFFICER, name="tests")
            raise ZeroDivisionError
        assert tokens.actor_of("unknown") is None
        with pytest.raises(ZeroDivisionError), transaction():
            tokens.issue(actor=Actor.system("tests"), role=Role.HEALTH_OFFICER, name="tests")
            raise ZeroDivisionError
        assert db.session.scalars(select(ApiToken.id)).all() == []
        assert tokens.actor_of("unknown") is None  # while something is being read


BY_CODE = Look(select(Department.name).where(Department.code == bindparam("code")))
NAME_OF = Look(select(select(Department.name).where(Department.code == bindparam("wanted")).scalar_subquery()))


def renamed(name: str) -> None:
    with transaction():
        db.session.execute(update(Department).where(Department.code == "one").values(name=name))


@pytest.fixture
def departments(database: Flask) -> Flask:
    codes = ("one", "two")
    with transaction():
        given = [{"id": new_id(), "code": code, "name": f"Amt {code}", "is_default": False} for code in codes]
        db.session.execute(insert(Department), given)
    return database


def test_an_answer_that_was_brought_along_is_given_once(departments: Flask) -> None:
    with departments.test_request_context():
        assert BY_CODE.first_along([Question(NAME_OF, {"wanted": "one"})], code="two") == ("Amt two",)
        renamed("Amt eins")
        assert NAME_OF.first(wanted="one") == ("Amt one",)  # as it was when it was asked
        assert NAME_OF.first(wanted="one") == ("Amt eins",)


def test_several_answers_are_brought_along_and_one_that_is_there_is_not_asked_for(departments: Flask) -> None:
    other = Look(select(select(Department.code).where(Department.name == bindparam("name")).scalar_subquery()))
    questions = [Question(NAME_OF, {"wanted": "one"}), Question(other, {"name": "Amt two"})]
    with departments.test_request_context():
        assert BY_CODE.first_along(questions, code="two") == ("Amt two",)
        renamed("Amt eins")
        assert NAME_OF.first_along([questions[1]], wanted="one") == ("Amt one",)
        assert other.first(name="Amt two") == ("two",)


def test_an_answer_that_was_brought_along_is_for_that_question_alone(departments: Flask) -> None:
    with departments.test_request_context():
        BY_CODE.first_along([Question(NAME_OF, {"wanted": "one"})], code="two")
        assert NAME_OF.first(wanted="two") == ("Amt two",)
    with departments.test_request_context():
        assert BY_CODE.first_along([Question(NAME_OF, {"wanted": "one"})], code="none") is None
        renamed("Amt eins")
        assert NAME_OF.first(wanted="one") == ("Amt eins",)  # nothing was found that could have brought it


def test_no_answer_goes_from_one_request_to_the_next(departments: Flask) -> None:
    with departments.test_request_context():
        BY_CODE.first_along([Question(NAME_OF, {"wanted": "one"})], code="two")
    renamed("Amt eins")
    with departments.test_request_context():
        assert NAME_OF.first(wanted="one") == ("Amt eins",)


def test_several_rows_bring_an_answer_along_and_none_brings_nothing(departments: Flask) -> None:
    of_all = Look(select(Department.code).where(Department.name != bindparam("but")).order_by(Department.code))
    question = Question(NAME_OF, {"wanted": "one"})
    with departments.test_request_context():
        assert of_all.all_along([question], but="") == [("one",), ("two",)]
        renamed("Amt eins")
        assert NAME_OF.first(wanted="one") == ("Amt one",)
        assert NAME_OF.first(wanted="one") == ("Amt eins",)
        nobody = Look(select(Department.code).where(Department.name == bindparam("name")))
        assert list(nobody.all_along([question], name="")) == []
        renamed("Amt 1")
        assert NAME_OF.first(wanted="one") == ("Amt 1",)


def test_a_question_about_people_is_not_brought_along(departments: Flask) -> None:
    of_people = Look(select(select(Notification.id).limit(1).scalar_subquery()))
    with departments.test_request_context(), pytest.raises(ValueError, match="scope"):
        BY_CODE.first_along([Question(of_people, {})], code="one")


def test_a_request_by_the_api_takes_three_statements(
    app: Flask,
    client: FlaskClient,
    places: None,
    bearer: Callable[[str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only_on_postgresql(app)
    headers, statements = bearer("resident"), []
    run = Statement.run

    def noted(self: Statement, *given: Any) -> Any:
        statements.append(self._sql.split()[0])
        return run(self, *given)

    def hand_in() -> None:
        address = f"/api/v1/services/{given.WHOLE['slug']}/requests"
        assert client.post(address, json={"answers": given.WHOLE["answers"]}, headers=headers).status_code == 201

    hand_in()  # the first stores the version, and notes that the token was used
    monkeypatch.setattr(Statement, "run", noted)
    hand_in()
    assert statements == [b"SELECT", b"INSERT", b"WITH"]  # who asks and what is offered; the request; what follows


def test_what_is_prepared_outlives_the_end_of_a_look(database: Flask) -> None:
    only_on_postgresql(database)
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT department.code%'")
    with db.engine.connect() as connection:
        for _ in range(8):
            connection.execute(select(Department.code)).all()
            connection.rollback()
        assert connection.scalar(prepared) == 1


def test_what_has_failed_is_rolled_back(database: Flask) -> None:
    only_on_postgresql(database)
    with db.engine.connect() as connection:
        with pytest.raises(DataError):
            connection.execute(text("SELECT 1 / 0"))
        connection.rollback()
        assert connection.scalar(text("SELECT 1")) == 1


def test_what_is_rolled_back_is_not_there(database: Flask) -> None:
    with db.engine.connect() as connection:
        code = {"id": new_id(), "code": "x", "name": "X", "is_default": False, "created_at": clock.now()}
        connection.execute(insert(Department).values(code))
        connection.rollback()
        assert connection.scalar(select(func.count()).select_from(Department).where(Department.code == "x")) == 0
