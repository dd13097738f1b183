"""The console script: help, errors in one line, doctor, and the sandbox's pages and clock in a running house."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from config.cli import ROOMS, Obhut, _room_group
from config.ids import new_id
from notifications.verp import BounceCodes
from tests.factories.bounces import report
from tests.fakes.mail import MailServer
from tests.fixtures.processes import START, Obhut as House, StartObhut

MOVED = "2026-11-03T08:00:00+01:00"


@pytest.mark.parametrize("name", sorted(ROOMS))
def test_every_group_that_is_named_exists(name: str) -> None:
    group = _room_group(name)
    assert group is not None
    assert group.commands


def test_help_names_every_command(obhut: StartObhut) -> None:
    done = obhut().run("--help")
    assert done.returncode == 0
    assert isinstance(Obhut, type)
    for name in (*ROOMS, "up", "web", "worker", "beat", "sandbox", "db", "doctor", "demo", "seed"):
        assert name in done.stdout


def test_wrong_usage_is_exit_code_2(obhut: StartObhut) -> None:
    for arguments in (("up", "--quickly"), ("fly",), ("roles", "grant"), ("seed",), ("seed", "--cases", "many")):
        done = obhut().run(*arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr


def test_the_doctor_names_each_ailment_with_its_mend(obhut: StartObhut) -> None:
    nowhere = "127.0.0.1:9"
    environment = {
        "OBHUT_LOCALE": "en", "OBHUT_OIDC_ISSUER": f"http://{nowhere}", "OBHUT_SMTP_URL": f"smtp://{nowhere}",
        "OBHUT_BROKER_URL": f"amqp://{nowhere}", "OBHUT_TWILIO_ACCOUNT_SID": "AC1", "OBHUT_TWILIO_AUTH_TOKEN": "x",
        "OBHUT_TWILIO_API_BASE": f"http://{nowhere}", "OBHUT_TWILIO_FROM": "+493023125100",
        "OBHUT_OIDC_CLIENT_ID": "obhut",
    }  # fmt: skip
    done = obhut(environment).run("doctor")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    for setting in ("OBHUT_OIDC_ISSUER", "OBHUT_SMTP_URL", "OBHUT_BROKER_URL", "OBHUT_TWILIO_API_BASE"):
        assert setting in done.stdout


def test_the_doctor_looks_at_every_mail_server_and_at_the_mailbox(
    obhut: StartObhut, mail_server: MailServer, tmp_path: Path
) -> None:
    environment = mail_server.environment | {
        "OBHUT_LOCALE": "en",
        "OBHUT_SMTP_MORE": "smtp://127.0.0.1:9,smtp://127.0.0.1:7",
        "OBHUT_BOUNCE_ADDRESS": "bounces@stadt.example",
        "OBHUT_BOUNCE_MAILBOX_URL": f"maildir://{tmp_path}/away",
    }
    done = obhut(environment).run("doctor")
    assert done.returncode == 1
    assert done.stdout.count("OBHUT_SMTP_MORE: check") == 2 and "OBHUT_SMTP_URL: check" not in done.stdout
    assert "OBHUT_BOUNCE_MAILBOX_URL: check" in done.stdout
    for name in ("new", "cur"):
        (tmp_path / "away" / name).mkdir(parents=True)
    done = obhut(environment | {"OBHUT_SMTP_MORE": ""}).run("doctor")
    assert "bounces@stadt.example, read from" in done.stdout and not mail_server.mails
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mail_server_pipes_into_a_command_that_says_when_to_come_again(obhut: StartObhut) -> None:
    secret = "a secret that is long enough for production"
    house = obhut({"OBHUT_SECRET_KEY": secret, "OBHUT_MAIL_FROM": "amt@stadt.example"})
    ours = report(BounceCodes(secret, "amt@stadt.example").message_id(new_id()))
    assert _piped(house, ours) == (75, "")  # no database yet
    assert house.run("db", "upgrade").returncode == 0
    assert _piped(house, ours) == (0, "not_ours")
    assert _piped(house, b"") == (65, "unreadable")
    assert _piped(obhut({"OBHUT_PORT": "none"}), ours) == (75, "")


def _piped(house: House, raw: bytes) -> tuple[int, str]:
    command = [sys.executable, "-c", START, "notifications", "bounce"]
    done = subprocess.run(
        command, cwd=house.folder, env=house.environment, input=raw, capture_output=True, timeout=120, check=False
    )
    assert b"Traceback" not in done.stderr
    return done.returncode, done.stdout.decode().strip()


def test_a_folder_without_protocols_is_not_in_order(obhut: StartObhut, tmp_path: Path) -> None:
    done = obhut().run("protocols", "check", "--directory", str(tmp_path))
    assert (done.returncode, str(tmp_path) in done.stderr) == (1, True)


def test_the_doctor_names_what_is_spelt_wrong(obhut: StartObhut, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OBHUT_CLAM_URL=tcp://127.0.0.1:3310\n")
    done = obhut({"OBHUT_LOCALE": "en", "OBHUT_PIGEON_LOFT": "roof", "OBHUT_TEST_PATIENCE_S": "1"}).run("doctor")
    assert done.returncode == 1
    assert "OBHUT_CLAM_URL is no setting. Set OBHUT_CLAMD_URL instead." in done.stdout
    assert "OBHUT_PIGEON_LOFT is no setting" in done.stdout
    assert "OBHUT_TEST" not in done.stdout


def test_the_doctor_is_content_with_an_untouched_folder(obhut: StartObhut) -> None:
    done = obhut().run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_foreign_database_is_named(obhut: StartObhut, tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "obhut.sqlite3") as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    done = obhut().run("up")
    assert (done.returncode, "OBHUT_DATABASE_URL" in done.stderr) == (1, True)


def test_of_two_addresses_the_one_that_is_wrong_is_named(obhut: StartObhut) -> None:
    done = obhut({"OBHUT_MIGRATION_DATABASE_URL": "postgresql+psycopg://owner@127.0.0.1:9/obhut"}).run("db", "upgrade")
    assert (done.returncode, "OBHUT_MIGRATION_DATABASE_URL" in done.stderr) == (1, True)


@pytest.mark.parametrize("file", ["up.lock", "sandbox/state.new"])
def test_a_folder_in_which_something_cannot_be_written_is_named(obhut: StartObhut, tmp_path: Path, file: str) -> None:
    (tmp_path / file).mkdir(parents=True)
    done = obhut().run("up")
    assert (done.returncode, "OBHUT_DATA_DIR" in done.stderr) == (1, True)


def test_a_start_that_fails_says_one_line(obhut: StartObhut, tmp_path: Path) -> None:
    (tmp_path / "obhut.sqlite3").write_bytes(b"no database" * 1000)
    done = obhut().run("up")
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["obhut"]


def test_a_damaged_sandbox_is_named(obhut: StartObhut, tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "sandbox.sqlite3").write_bytes(b"no database" * 1000)
    done = obhut().run("up")
    assert str(tmp_path / "sandbox") in done.stderr
    assert "Traceback" not in done.stderr


def test_the_sandbox_refuses_production(obhut: StartObhut) -> None:
    environment = {
        "OBHUT_ENV": "production", "OBHUT_SECRET_KEY": "kT9-wq4Zr_Xv2LmBf7HsJd0NcPyGa5Ue8Ri3Oo1t",
        "OBHUT_OIDC_ISSUER": "https://login.example.org",
        "OBHUT_ENCRYPTION_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "OBHUT_TWILIO_ACCOUNT_SID": "AC1",
        "OBHUT_BASE_URL": "https://o.example",
        "OBHUT_SMTP_URL": "smtp://mail.example.org",
        "OBHUT_BLIND_INDEX_KEY": "nP3_xK8vTq2WzYc7RfLm5HjDs9Bg4Ue6A1o0Ii-V",
        "OBHUT_OIDC_CLIENT_ID": "obhut", "OBHUT_TWILIO_AUTH_TOKEN": "x", "OBHUT_TWILIO_FROM": "+493023125100",
    }  # fmt: skip
    done = obhut(environment).run("sandbox")
    assert done.returncode == 1
    assert "OBHUT_ENV" in done.stderr


def test_the_clock_moves_for_all_and_comes_back(live_server: House) -> None:
    try:
        assert live_server.set_clock(MOVED)["at"].startswith("2026-11-03T08:00:")
        assert requests.get(live_server.url + "/sandbox/clock", timeout=10).json()["at"].startswith("2026-11-03T08:")
    finally:
        answer = requests.post(live_server.url + "/sandbox/clock", json={"at": None}, timeout=60)
    assert answer.status_code == 200
    assert requests.get(live_server.url + "/sandbox/clock", timeout=10).json()["moved_by_seconds"] == 0


@pytest.mark.parametrize(
    "given",
    [{"at": "9999-12-31T23:59:59Z"}, {"at": "0001-01-01T00:00:00Z"}, {"at": "soon"}, {}, {"at ": MOVED}, [MOVED]],
)
def test_the_clock_stays_within_the_calendar(live_server: House, given: Any) -> None:
    refused = requests.post(live_server.url + "/sandbox/clock", json=given, timeout=20)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "at"
    assert requests.get(live_server.url + "/sandbox/clock", timeout=10).json()["moved_by_seconds"] == 0


def test_an_upload_beyond_all_bounds_is_refused_in_words(live_server: House) -> None:
    answer = requests.post(live_server.url + "/services/", data=b"x" * 60_000_000, timeout=60)
    assert answer.status_code == 413
    assert "10 MB" in answer.text
    assert "max_body" not in answer.text


@pytest.mark.parametrize("path", ["/sandbox/phone", "/sandbox/mailbox", "/sandbox/phone?number=%2B4917604069001"])
def test_the_pages_show_and_let_reply(live_server: House, path: str) -> None:
    page = requests.get(live_server.url + path, timeout=20)
    assert page.status_code == 200
    assert "<h1" in page.text


def test_another_site_cannot_use_the_sandbox(live_server: House) -> None:
    url = live_server.url + "/sandbox/clock"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}):
        assert requests.post(url, json={"at": MOVED}, headers=headers, timeout=20).status_code == 404, headers


def test_nothing_of_the_house_listens_beyond_loopback(live_server: House) -> None:
    listening = [
        connection.laddr.ip
        for process in live_server.family()
        for connection in process.net_connections("tcp")
        if connection.status == "LISTEN"
    ]
    assert len(listening) == 5
    assert set(listening) == {"127.0.0.1"}
    assert os.path.isdir(live_server.folder)
