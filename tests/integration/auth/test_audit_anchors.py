"""Anchors outside the database: what the database alone cannot tell, they do; and the keys of the trail."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, select

from auth import audit, audit_anchors
from auth.actors import Actor
from auth.audit_cli import audit_group
from auth.audit_seals import EVENT, first_link_of
from auth.models import AuditAnchor, AuditEvent, AuditPending, AuditSeal, User
from config.database import db, transaction
from config.settings import Settings
from tests.fixtures.providers import MakeApp
from tests.support.trail import unlock

HOUSE = Actor.system("tests")


@pytest.fixture
def file(settings: Settings) -> Path:
    return settings.audit_anchor_file


def _record(count: int, chain: str = "house") -> None:
    with transaction():
        for number in range(count):
            audit.record(HOUSE, "case.closed", f"case:{number}", chain=chain)
    audit.seal()


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def _texts() -> list[str]:
    return [str(fault) for fault in audit.verify().faults]


def _cli(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(audit_group, list(arguments))


def test_a_line_is_added_when_a_chain_has_grown(database: Flask, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    assert audit_anchors.write() == 0
    _record(3)
    _record(2, "office:north")
    assert audit_anchors.write() == 2
    assert audit_anchors.write() == 0
    _record(1)
    assert audit_anchors.write() == 1
    first, second = _lines(file)
    assert {chain: number for chain, (number, _) in first["heads"].items()} == {"house": 3, "office:north": 2}
    assert second["previous"] == first["mac"]
    assert file.stat().st_mode & 0o077 == 0
    assert caplog.text.count("audit_anchored") == 3  # so that the log's server has them, too
    assert list(db.session.scalars(select(AuditAnchor.mac).order_by(AuditAnchor.at))) == [first["mac"], second["mac"]]
    verdict = audit.verify()
    assert (verdict.faults, verdict.anchors) == ((), 3)


def test_an_end_that_was_cut_off_is_missed(database: Flask, file: Path) -> None:
    _record(5)
    audit_anchors.write()
    unlock()
    with transaction():
        gone = list(db.session.scalars(select(AuditSeal.event_id).where(AuditSeal.number > 3)))
        db.session.execute(delete(AuditSeal).where(AuditSeal.event_id.in_(gone)))
        db.session.execute(delete(AuditEvent).where(AuditEvent.id.in_(gone)))
    assert "was cut off" in _texts()[0]
    assert audit.verify(with_anchors=False).is_whole  # nothing in the database could have told


def test_a_trail_made_anew_by_somebody_with_the_key_is_found(database: Flask, file: Path) -> None:
    _record(5)
    audit_anchors.write()
    unlock()
    with transaction():
        db.session.execute(delete(AuditSeal))
        db.session.execute(delete(AuditEvent))
    _record(6)
    (fault,) = audit.verify().faults
    assert (fault.chain, fault.number) == ("house", 5)
    assert "made anew" in str(fault)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda lines: [lines[0].replace('"house"', '"other"'), *lines[1:]], "line 1 was changed"),
        (lambda lines: lines[1:], "line 1 does not follow"),
        (lambda lines: [lines[0], *lines[2:]], "line 2 does not follow"),
        (lambda lines: lines[:-1], "lack their line of"),
        (lambda lines: [*lines[:-1], lines[-1][:40]], "lack their line of"),
        (lambda lines: [lines[1], lines[0], lines[2]], "line 1 does not follow"),
        (lambda lines: [], "lack their line of"),
        (lambda lines: [lines[0].replace('"key":"', '"key":"0'), *lines[1:]], "which is not in OBHUT_AUDIT_KEY"),
    ],
)
def test_a_file_that_was_tampered_with_is_found(
    database: Flask, file: Path, spoil: Callable[[list[str]], list[str]], words: str
) -> None:
    for _ in range(3):
        _record(2)
        audit_anchors.write()
    file.write_text("".join(line + "\n" for line in spoil(file.read_text().splitlines())))
    (text,) = _texts()
    assert words in text


def test_a_file_that_is_gone_is_missed(database: Flask, file: Path) -> None:
    _record(1)
    audit_anchors.write()
    file.unlink()
    assert "are missing" in _texts()[0]
    assert _cli(database, "verify", "--without-anchors").exit_code == 0


def test_half_a_line_of_a_process_that_died_does_no_harm(database: Flask, file: Path) -> None:
    _record(1)
    audit_anchors.write()
    with file.open("a") as open_file:
        open_file.write('{"at":"2026-11-2')
    _record(1)
    audit_anchors.write()
    assert audit.verify().is_whole
    assert len(file.read_text().splitlines()) == 3


def test_several_processes_append_at_once(app: Flask, file: Path) -> None:
    def grow(chain: str) -> None:
        with app.app_context():
            for _ in range(5):
                _record(1, chain)
                audit_anchors.write()
            db.session.remove()

    threads = [threading.Thread(target=grow, args=(f"office:{number}",)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with app.app_context():
        while audit.seal():
            pass
        audit_anchors.write()
        assert audit.verify().is_whole
    lines = _lines(file)
    assert [line["previous"] for line in lines[1:]] == [line["mac"] for line in lines[:-1]]


def test_the_command_names_the_first_bad_row_and_tells_programs(database: Flask) -> None:
    _record(4)
    _record(4, "office:north")
    whole = json.loads(_cli(database, "verify", "--json").stdout)
    assert (whole["whole"], whole["chains"]) == (True, {"house": 4, "office:north": 4})
    unlock()
    third = db.session.scalars(
        select(AuditSeal.event_id).where(AuditSeal.chain == "office:north", AuditSeal.number == 3)
    ).one()
    with transaction():
        db.session.get_one(AuditEvent, third).actor = "nobody"
    result = _cli(database, "verify")
    assert result.exit_code == 1
    assert f"office:north: link 3 (event {third} of " in result.stderr
    (fault,) = json.loads(_cli(database, "verify", "--json", "--chain", "office:north").stdout)["faults"]
    assert (fault["chain"], fault["number"], fault["event"]) == ("office:north", 3, str(third))
    assert _cli(database, "verify", "--chain", "house").exit_code == 0
    mistyped = _cli(database, "verify", "--chain", "office:nroth")
    assert (mistyped.exit_code, "office:nroth" in mistyped.stderr) == (2, True)
    noted = select(AuditEvent.facts).where(AuditEvent.action == audit.VERIFIED).order_by(AuditEvent.id)
    assert [facts["whole"] for facts in db.session.scalars(noted)] == [True, False, False, True]


def test_the_command_anchors(database: Flask, file: Path) -> None:
    _record(2)
    assert "1 chains were anchored" in _cli(database, "anchor").stdout
    assert "Nothing was sealed" in _cli(database, "anchor").stdout
    assert len(_lines(file)) == 1


def test_other_keys_of_the_house_may_change(settings: Settings, make_app: MakeApp) -> None:
    with make_app().app_context():
        _record(3)
        audit_anchors.write()
    with make_app(blind_index_key="another-blind-index-key-of-the-house").app_context():
        assert audit.verify().is_whole


def test_the_key_may_change_and_a_missing_one_is_named(settings: Settings, make_app: MakeApp) -> None:
    old, new = settings.secret_key.get_secret_value(), "n" * 40
    with make_app().app_context():
        _record(3)
        audit_anchors.write()
        (key_id,) = set(db.session.scalars(select(AuditSeal.key_id)))
    with make_app(audit_key=new).app_context():  # the secret key is still known
        _record(2)
        audit_anchors.write()
        assert audit.verify().is_whole
    with make_app(secret_key="s" * 40, audit_key=new).app_context():
        texts = _texts()
        assert any("link 1 (event " in text and f"with the key {key_id}, which is not" in text for text in texts)
    with make_app(secret_key="s" * 40, audit_key=f"{new},{old}").app_context():
        assert audit.verify().is_whole
    with make_app(secret_key="s" * 40, audit_key=f"{old},{new}").app_context():  # back to an older key: no
        assert "an older key than the link before" in _texts()[-1]


def test_links_from_before_the_trail_had_keys_still_hold(database: Flask) -> None:
    with transaction():
        events = [audit.record(HOUSE, "case.closed", f"case:{number}") for number in range(3)]
    with transaction():
        previous = b""
        for number, event_id in enumerate(events, start=1):
            row = db.session.execute(select(*EVENT).where(AuditEvent.id == event_id)).one()
            previous = first_link_of(row, number, previous)
            db.session.add(AuditSeal(chain="house", number=number, event_id=event_id, seal=previous))
        db.session.execute(delete(AuditPending))
    _record(2)
    assert audit.verify().chains == {"house": 5}
    assert audit.verify().is_whole


def test_an_erasure_breaks_nothing(database: Flask, file: Path) -> None:
    with transaction():
        user = User(issuer="https://id", subject="s", given_name="Ilka", family_name="Sommerfeld", assurance="high")
        db.session.add(user)
        db.session.flush()
        actor = Actor(kind="user", id=str(user.id), name="Ilka Sommerfeld", user_id=user.id)
        audit.record(actor, "login.completed", f"user:{user.id}")
        audit.looked(actor, "case.viewed", ["case:AAAA2222"], chain="house")
    audit.seal()
    audit_anchors.write()
    with transaction():
        db.session.delete(db.session.merge(user))
    assert audit.verify().is_whole
    rows = [str(row) for row in db.session.execute(select(AuditEvent.__table__)).all()]
    assert not any(word in row for row in [*rows, file.read_text()] for word in ("Ilka", "Sommerfeld"))


def test_the_file_may_lie_elsewhere(settings: Settings, make_app: MakeApp, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other" / "anchors.jsonl"
    with make_app(audit_anchor_file=elsewhere).app_context():
        _record(1)
        assert audit_anchors.write() == 1
        assert audit.verify().anchors == 1
    assert elsewhere.exists()
