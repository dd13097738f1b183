"""Changing keys: everything comes under the newest, nothing that is written meanwhile is lost, killed it goes on."""

import base64
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, func, select, update

from auth.models import User, UserSession
from care.import_models import CaseImport, ImportState
from care.models import Person
from care.vocabulary import Channel
from config import clock, group_keys, rotation, scopes
from config.app import create_app
from config.database import db, transaction
from config.group_keys import TABLE, cabinet
from config.keyring import DecryptionError, keyring, row_place
from config.settings import Settings
from notifications.models import Notification
from tests.factories.care import office
from tests.factories.notifications import put_sms
from tests.fixtures.processes import START
from tests.support.workers import environment_of

# The command dies while a transaction is open that has changed ten people and is not committed.
KILLED_IN_THE_THIRD_BATCH = """
import os, signal
from config import rotation

put, batches = rotation._put, []

def dies(part, changes):
    changed = put(part, changes)
    batches.extend([part] if part.name == "care_person.wrapped_key" else [])
    if len(batches) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return changed

rotation.AT_ONCE, rotation._put = 10, dies
"""


def key(byte: int) -> str:
    return base64.urlsafe_b64encode(bytes([byte]) * 32).decode()


@contextmanager
def house_with(settings: Settings, *keys: str) -> Iterator[Flask]:
    """The application with these deployment keys, newest first."""
    app = create_app(settings.changed(encryption_keys=",".join(keys)))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def person(name: str = "Anna", **values: object) -> Person:
    known = {"locale": "de", "channel": Channel.SMS, "contact_window": "unset", "created_at": clock.now()}
    return Person(office_id=office().id, given_name=name, family_name="Müller", **(known | values))


def add_people(number: int) -> None:
    group_keys.prepare()
    office()
    with transaction():
        db.session.add_all([person(f"Anna {each}") for each in range(number)])


def as_the_version_before(people: list[Person]) -> None:
    """With data keys wrapped by the deployment's key."""
    with transaction():
        for one in people:
            place = row_place(one, "wrapped_key")
            one.wrapped_key = keyring().seal(cabinet().unseal(one.wrapped_key, place), place)


def everybody() -> list[Person]:
    db.session.rollback()
    db.session.expunge_all()
    return list(db.session.scalars(select(Person).order_by(Person.id)))


def rotated() -> int:
    last = {step.part: step for step in rotation.rotate()}
    assert sum(step.unreadable for step in last.values()) == 0
    return sum(step.changed for step in last.values())


def test_a_new_deployment_key_wraps_the_keys_of_places_anew_and_nothing_else(settings: Settings) -> None:
    with house_with(settings, key(1)):
        add_people(5)
        put_sms(to="+4915735990001")
    with house_with(settings, key(2), key(1)):
        before = rotation.holdings()
        assert [use.keys for use in before.deployment.values()] == [0, 2]
        assert before.removable == []
        assert rotated() == 2
        after = rotation.holdings()
        assert after.removable == [keyring().ids[1]]
        assert after.stale == 0
    with house_with(settings, key(2)):
        assert [one.given_name for one in everybody()] == [f"Anna {each}" for each in range(5)]
        assert db.session.scalars(select(Notification)).one().recipient == "+4915735990001"


def test_what_older_versions_wrote_comes_under_the_keys_of_places(settings: Settings) -> None:
    with house_with(settings, key(1)):
        put_sms(to="+4915735990001")  # the house has no key yet
        add_people(3)
        as_the_version_before(everybody())
        with transaction():
            db.session.add(User(issuer="i", subject="s", name="Ina"))
            old_import = CaseImport(
                office_id=office().id, format="x", encoding="utf-8", checksum=b"c", file_name="liste.csv",
                state=ImportState.PREVIEWED, uploaded_by="x", uploaded_at=clock.now(),
            )  # fmt: skip
            db.session.add(old_import)
        as_the_version_before([old_import])  # type: ignore[list-item]
    with house_with(settings, key(2), key(1)):
        assert rotation.holdings().stale > 5
        rotated()
        found = rotation.holdings()
        assert (found.stale, found.removable) == (0, [keyring().ids[1]])
    with house_with(settings, key(2)):
        assert len([one.family_name for one in everybody() if one.family_name == "Müller"]) == 3
        assert db.session.scalars(select(CaseImport)).one().file_name == "liste.csv"
        assert db.session.scalars(select(User)).one().name == "Ina"
        assert db.session.scalars(select(Notification)).one().body


def test_new_keys_of_offices_wrap_the_people_anew_without_touching_their_values(database: Flask) -> None:
    add_people(4)
    put_sms(to="+4915735990001")
    before = {one.id: (one.wrapped_key[:4], one.given_name_sealed) for one in everybody()}  # type: ignore[attr-defined]
    assert rotation.renew(("office", "house")) == ["house", f"office:{office().id}"]
    assert rotation.holdings().stale >= 4
    rotated()
    assert rotation.holdings().stale == 0
    for one in everybody():
        assert one.wrapped_key[:4] != before[one.id][0]
        assert one.given_name_sealed == before[one.id][1]  # type: ignore[attr-defined]
        assert one.given_name is not None
    assert db.session.scalars(select(Notification)).one().recipient == "+4915735990001"
    retired = db.session.scalars(select(TABLE.c.tag).where(TABLE.c.retired_at.is_not(None))).all()
    assert {tag for tag, _ in before.values()} <= set(retired)


def test_what_is_written_while_keys_change_is_not_lost(database: Flask) -> None:
    add_people(40)
    ids = [one.id for one in everybody()]
    rotation.renew(("office",))
    step = next(rotation.rotate())
    assert step.total == 40
    rotation.renew(("office",))
    stop, failures = threading.Event(), []

    def write() -> None:
        with database.app_context(), scopes.within(scopes.system("tests")):
            number = 0
            while not stop.is_set():
                try:
                    with transaction():
                        one = db.session.get_one(Person, ids[number % 40], populate_existing=True)
                        one.given_name = f"Neu {number}"
                        if number % 10 == 0:
                            db.session.add(person("Dazu"))
                except Exception as error:
                    failures.append(error)
                number += 1
            db.session.remove()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(4):
            rotation.renew(("office",))
            rotated()
    finally:
        stop.set()
        writer.join()
    assert failures == []
    cabinet().forget()
    names = [one.given_name or "" for one in everybody()]
    assert all(name.startswith(("Anna", "Neu", "Dazu")) for name in names)
    assert any(name.startswith("Neu") for name in names)


def test_an_erased_person_stays_erased(database: Flask) -> None:
    add_people(2)
    with transaction():
        one = everybody()[0]
        one.destroy_key()
    rotation.renew(("office",))
    rotated()
    assert [found.given_name for found in everybody()] == [None, "Anna 1"]


def test_what_does_not_open_is_counted_and_left_as_it_is(database: Flask) -> None:
    add_people(3)
    spoilt = everybody()[0].id
    with transaction():
        db.session.execute(update(Person).where(Person.id == spoilt).values(wrapped_key=b"none" + b"x" * 60))
    last = {step.part: step for step in rotation.rotate()}
    assert last["care_person.wrapped_key"].unreadable == 1
    found = rotation.holdings()
    assert found.deployment[b"none"].data_keys == 1
    with pytest.raises(DecryptionError):
        _ = db.session.get_one(Person, spoilt).given_name


def test_every_table_with_sealed_values_is_reached(database: Flask) -> None:
    names = {part.name for part in (*rotation.holder_parts(), *rotation.house_parts())}
    assert {"care_person.wrapped_key", "user_account.wrapped_key", "service_request.wrapped_key"} <= names
    assert {"notification.body", "user_session.device", "bulk_recipient.values", "idempotency_record.body"} <= names
    assert UserSession.key_holder.fget(None) is not None  # type: ignore[attr-defined]


def test_killed_in_the_middle_it_loses_nothing_and_is_simply_run_again(settings: Settings, tmp_path: Path) -> None:
    with house_with(settings, key(1)):
        add_people(50)
        as_the_version_before(everybody())
    environment = environment_of(settings) | {"OBHUT_ENCRYPTION_KEYS": f"{key(2)},{key(1)}", "OBHUT_LOCALE": "en"}
    command = [sys.executable, "-c", START, "keys", "rotate"]
    dying = [sys.executable, "-c", KILLED_IN_THE_THIRD_BATCH + START, "keys", "rotate"]
    killed = subprocess.run(dying, env=environment, cwd=tmp_path, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    with house_with(settings, key(2), key(1)):
        is_old = func.substr(Person.wrapped_key, 1, 4, type_=LargeBinary()) == keyring().ids[1]
        assert db.session.scalar(select(func.count()).select_from(Person).where(is_old)) == 50 - 2 * 10
        assert len([one for one in everybody() if one.family_name == "Müller"]) == 50
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "care_person.wrapped_key: " in done.stderr
    assert "can be removed from OBHUT_ENCRYPTION_KEYS" in done.stdout
    with house_with(settings, key(2)):
        assert len([one for one in everybody() if one.family_name == "Müller"]) == 50
