"""Starting, stopping and starting again: signals leave nothing behind, data stay, errors are one readable line."""

import signal
import socket

import pytest

from tests.fixtures.processes import Obhut, StartObhut, eventually
from tests.integration.faults.conftest import World, send


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything(obhut: StartObhut, number: int) -> None:
    server = obhut(anew=True).start()
    assert len(server.family()) >= 2, "the sandbox is a process of its own"
    assert server.stop(number) == 0


def test_a_killed_house_takes_its_sandbox_along(obhut: StartObhut) -> None:
    server = obhut(anew=True).start()
    server.kill()
    assert not server.is_ready()


def test_a_second_start_keeps_the_data(embedded: Obhut, world: World) -> None:
    embedded.start()
    headers = embedded.token("health_officer")
    assert send(embedded, headers, 1, "Bleibt da")
    eventually(world.texts, "the message")
    assert embedded.stop() == 0
    embedded.start()
    answer = embedded.http.get(embedded.url + "/api/v1/notifications?about=faults", headers=headers, timeout=60)
    assert [item["status"] in ("sent", "delivered") for item in answer.json()["items"]] == [True]
    assert world.texts() == {"Bleibt da": 1}


def test_a_port_in_use_is_one_readable_line(obhut: StartObhut) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = obhut({"OBHUT_PORT": str(taken.getsockname()[1])}, anew=True).run("up")
    assert done.returncode == 1
    assert "OBHUT_PORT" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("OBHUT_PORT", "eighty"),
        ("OBHUT_DATABASE_URL", "mysql://localhost/x"),
        ("OBHUT_BROKER_URL", "carrier-pigeon://roof"),
        ("OBHUT_TIMEZONE", "Europe/Atlantis"),
        ("OBHUT_ENV", "production"),
    ],
)
def test_a_wrong_setting_is_named(obhut: StartObhut, setting: str, value: str) -> None:
    done = obhut({setting: value}).run("up")
    assert done.returncode == 1
    assert setting in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_file_that_is_no_database_is_named(obhut: StartObhut) -> None:
    server = obhut()
    (server.folder / "obhut.sqlite3").write_text("This is a shopping list.\n" * 100)
    done = server.run("up")
    assert done.returncode == 1
    assert "OBHUT_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
