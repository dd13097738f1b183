"""What was erased stays erased, whatever comes back: the list outside the database, and the database without it."""

import os
import shutil
import sqlite3
import subprocess

import pytest
from sqlalchemy import select

from auth import erasures, own_data
from auth.erasures import EVERYTHING
from auth.models import User
from auth.privacy_models import Erasure
from care import erasure
from care.models import Case, Person
from config.app import create_app
from config.command_line.running import prepare
from config.database import db, transaction
from tests.factories.care import OFFICER
from tests.factories.privacy import account, close, rich_case, said


class Backup:
    """A copy of the whole database, made and played back with the database's own tools."""

    def __init__(self, url: str, folder) -> None:
        self.url, self.file = url.replace("postgresql+psycopg://", "postgresql://"), folder / "backup"
        if url.startswith("sqlite"):
            with sqlite3.connect(url.removeprefix("sqlite:///")) as source, sqlite3.connect(self.file) as target:
                source.backup(target)
        else:
            self._run("pg_dump", "--format=custom", f"--file={self.file}", self.url)

    def restore(self) -> None:
        db.session.remove()
        db.engine.dispose()
        if self.url.startswith("sqlite"):
            live = self.url.removeprefix("sqlite:///")
            for ending in ("-wal", "-shm"):
                if os.path.exists(live + ending):
                    os.remove(live + ending)
            shutil.copyfile(self.file, live)
        else:
            self._run("pg_restore", "--clean", "--if-exists", "--dbname", self.url, str(self.file))

    @staticmethod
    def _run(*command: str) -> None:
        if shutil.which(command[0]) is None:
            pytest.skip(f"needs {command[0]}")
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def erase(case: Case) -> None:
    with transaction():
        erasure.erase(db.session.get_one(Case, case.id), scope=EVERYTHING, reason="unlawful", actor=OFFICER)


def test_a_start_on_a_restored_backup_erases_again(house, time, settings, tmp_path):
    going, staying = rich_case("Qwazel"), rich_case("Blumix")
    user = account("Zorbel")
    close(going)
    db.session.rollback()
    backup = Backup(settings.migration_database_url, tmp_path)
    erase(going)
    with transaction():
        own_data.end_account(user.id, OFFICER)
    assert said("qwazel", "zorbel") == []
    backup.restore()
    assert said("qwazel")
    assert said("zorbel")
    assert erasures.pending() == 2
    db.session.remove()
    started = create_app(settings)
    prepare(started, settings, None)  # what `obhut up` does before it serves
    with started.app_context():
        db.session.remove()
        db.engine.dispose()
    assert said("qwazel", "zorbel") == []
    assert said("blumix")
    assert erasures.pending() == 0
    assert erasures.re_erase() == 0
    assert db.session.get_one(Case, staying.id).person.family_name == "Blumixfamily"
    assert len(db.session.scalars(select(Erasure)).all()) == 2


def test_lines_that_nobody_of_the_house_wrote_erase_nobody(house, time):
    case, other = rich_case("Qwazel"), rich_case("Blumix")
    reference, person_id, other_id = case.reference, case.person_id, other.person_id
    close(case)
    erase(case)
    path = erasures.file_of_list()
    line = path.read_text()
    assert "wazel" not in line
    assert reference not in line
    forged = line.replace(str(person_id), str(other_id))
    assert forged != line
    path.write_text(line + forged + "{}\nnot json\n" + line[:40] + "\n")
    assert erasures.re_erase() == 0
    assert db.session.get(Person, other_id) is not None


def test_a_line_that_was_cut_off_spoils_no_other(house, time):
    path = erasures.file_of_list()
    path.write_text('{"id": "018f')
    case = rich_case("Qwazel")
    close(case)
    erase(case)
    assert erasures.re_erase() == 0
    assert len(path.read_text().splitlines()) == 2


def test_the_file_learns_what_only_the_table_knows(house, time):
    case = rich_case("Qwazel")
    close(case)
    erase(case)
    path = erasures.file_of_list()
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    path.unlink()
    assert erasures.re_erase() == 0
    assert len(path.read_text().splitlines()) == 1
    assert db.session.scalars(select(User)).all() == []


def test_a_rolled_back_erasure_is_on_no_list(house, time):
    case = rich_case("Qwazel")
    with pytest.raises(ZeroDivisionError), transaction():
        erasure.erase(db.session.get_one(Case, case.id), scope=EVERYTHING, reason="unlawful", actor=OFFICER)
        raise ZeroDivisionError
    assert not erasures.file_of_list().exists()
    assert said("qwazel")
