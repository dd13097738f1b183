"""An OpenID provider in a process of its own: the package's command line, with people put in over HTTP."""

import contextlib
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import requests

from tests.servers import base

# The package's command line. It would import its key anew for each login, and importing an RSA key means to check it:
# that took ten times as long as all else that a login asks of it.
PROGRAM = """
from joserfc.jwk import RSAKey
from oidc_provider_mock._app import OpenIDCode
from oidc_provider_mock.__main__ import run

keys, asked = {}, OpenIDCode.get_jwt_config
def get_jwt_config(*arguments, **named):
    found = asked(*arguments, **named)
    key = found["key"]
    if key["n"] not in keys:
        keys[key["n"]] = RSAKey.import_key(key)
    return found | {"key": keys[key["n"]]}
OpenIDCode.get_jwt_config = get_jwt_config
run()
"""


class IdentityProvider:
    """Started by its first use. `issuer` is known before."""

    def __init__(self) -> None:
        self.port = base.free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._stack = contextlib.ExitStack()
        self._running = False

    def put(self, subject: str, claims: Mapping[str, Any]) -> None:
        """Let `subject` be known with these claims."""
        self.start()
        answer = self._session.put(f"{self.issuer}/users/{subject}", json=dict(claims), timeout=60)
        answer.raise_for_status()

    def authorise(self, location: str, subject: str) -> str:
        """Log in as `subject` on the provider's page `location`; the address that it sends the browser back to."""
        answer = self._session.post(location, data={"sub": subject}, allow_redirects=False, timeout=60)
        assert answer.status_code in (302, 303), answer.text
        return answer.headers["Location"]

    def start(self) -> None:
        if self._running:
            return
        self._session = self._stack.enter_context(requests.Session())
        self._session.trust_env = False
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM, "--port", str(self.port)]
        self._stack.enter_context(base.started(command, self._answers))
        self._running = True

    def stop(self) -> None:
        """End the process; a later use starts it anew, without its people."""
        self._stack.close()
        self._running = False

    def _answers(self) -> bool:
        try:
            return self._session.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5).ok
        except (requests.RequestException, subprocess.SubprocessError):
            return False
