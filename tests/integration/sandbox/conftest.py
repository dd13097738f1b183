"""The sandbox's process with all its parts, as `obhut up` starts it, and what it reports to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from twilio.rest import Client

from config.sandbox.process import SandboxProcess
from config.sandbox.remote import Remote
from config.settings import Settings, load_settings
from tests.servers import base
from tests.support.sdk import RebasedHttpClient


class Application:
    """Takes reports as the application would; `answers` are the statuses to give, the last one for ever."""

    def __init__(self) -> None:
        self.forget()
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fields = dict(parse_qsl(body, keep_blank_values=True))
                application.reports.append((self.path, fields, self.headers.get("X-Twilio-Signature", "")))
                status = application.answers.pop(0) if len(application.answers) > 1 else application.answers[0]
                self.send_response(status)
                answer = application.twiml.encode() if status == 200 else b""
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def forget(self) -> None:
        self.reports: list[tuple[str, dict[str, str], str]] = []
        self.answers = [204]
        self.twiml = ""

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def _application() -> Iterator[Application]:
    one = Application()
    yield one
    one.stop()


@pytest.fixture
def application(_application: Application) -> Application:
    """It has heard of nothing yet."""
    _application.forget()
    return _application


def settings_in(folder: Path, application: Application) -> Settings:
    """Settings without any provider; the sandbox's webhook leads to `application`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return load_settings(data_dir=folder, port=base.free_port(), base_url=application.url)


@contextmanager
def serving(plain: Settings) -> Iterator[tuple[Settings, SandboxProcess]]:
    """The settings that lead to a sandbox of its own, and its process."""
    filled, process = SandboxProcess.start(plain)
    assert process is not None
    process.give_orders(["parking"])
    process.wait_ready()
    try:
        yield filled, process
    finally:
        process.stop()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, _application: Application) -> Settings:
    return settings_in(tmp_path_factory.mktemp("sandbox"), _application)


@pytest.fixture(scope="module")
def sandbox(plain: Settings) -> Iterator[tuple[Settings, SandboxProcess]]:
    """One for all tests of a file: each has numbers and mailboxes of its own."""
    with serving(plain) as made:
        yield made


@pytest.fixture
def filled(sandbox: tuple[Settings, SandboxProcess]) -> Settings:
    """The settings that lead to the sandbox."""
    return sandbox[0]


@pytest.fixture
def remote(plain: Settings, sandbox: tuple[Settings, SandboxProcess]) -> Remote:
    return Remote(plain, sandbox[1].state)


@pytest.fixture
def client(filled: Settings) -> Client:
    return client_of(filled)


def client_of(filled: Settings) -> Client:
    """The official SDK."""
    http = RebasedHttpClient(filled.twilio_api_base)
    return Client(filled.twilio_account_sid, filled.twilio_auth_token.get_secret_value(), http_client=http)
