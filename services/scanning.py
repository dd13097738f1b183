"""ClamAV's daemon, asked over its socket whether a file does harm (commands `zPING` and `zINSTREAM` of clamd).

Small enough to be our own: the clients there are wrap the same forty lines, and have not been kept for years.
"""

import socket
import struct
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from config.settings import current_settings

CHUNK = 64 * 1024
CONNECT_S, ANSWER_S = 3.0, 60.0
LONGEST_ANSWER = 4096
DEFAULT_PORT = 3310


class ScannerAway(Exception):
    """The scanner cannot be reached, or breaks off: nothing is known of any file."""


class ScanFailed(Exception):
    """The scanner is there and could not look at this file; the message is its own, without the file's name."""


@dataclass(frozen=True)
class Verdict:
    """What the scanner found; `threat` is its name for it, "" when the file is clean."""

    threat: str

    @property
    def is_clean(self) -> bool:
        return not self.threat


@dataclass(frozen=True)
class Scanner:
    """A scanner at `url` (`unix:///run/clamav/clamd.ctl` or `tcp://host:3310`); the times are in seconds."""

    url: str
    connect_s: float = CONNECT_S
    answer_s: float = ANSWER_S

    def ping(self) -> str:
        """Its name and version. Raises ScannerAway."""
        if self._asked(b"zPING\0") != "PONG":
            raise ScannerAway("it does not answer PING")
        return self._asked(b"zVERSION\0")

    def scan(self, data: bytes) -> Verdict:
        """What it finds in `data`. Raises ScannerAway, ScanFailed. Never inside a transaction: it may take a minute."""
        parts = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]
        stream = b"".join(struct.pack("!I", len(part)) + part for part in parts)
        answer = self._asked(b"zINSTREAM\0", stream + struct.pack("!I", 0))
        said = answer.partition("stream: ")[2] or answer
        if said == "OK":
            return Verdict("")
        if said.endswith(" FOUND"):
            return Verdict(said.removesuffix(" FOUND"))
        raise ScanFailed(said[:200])

    def _asked(self, command: bytes, stream: bytes = b"") -> str:
        try:
            with closing(self._connected()) as line:
                line.settimeout(self.answer_s)
                line.sendall(command)
                with suppress(ConnectionError):  # it may have heard enough, and says why
                    line.sendall(stream)
                return self._answer(line)
        except (OSError, ValueError) as error:
            raise ScannerAway(type(error).__name__) from None

    def _connected(self) -> socket.socket:
        parts = urlsplit(self.url)
        if parts.scheme == "unix":
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(self.connect_s)
            try:
                line.connect(parts.path)
            except OSError:
                line.close()
                raise
            return line
        return socket.create_connection((parts.hostname or "", parts.port or DEFAULT_PORT), self.connect_s)

    def _answer(self, line: socket.socket) -> str:
        heard = b""
        while not heard.endswith(b"\0") and len(heard) < LONGEST_ANSWER:
            part = line.recv(LONGEST_ANSWER)
            if not part:
                break
            heard += part
        if not heard:
            raise ScannerAway("it says nothing")
        return heard.rstrip(b"\0\n").decode("utf-8", "replace")


def configured() -> Scanner | None:
    """The scanner of this installation, or None when it has none."""
    url = current_settings().clamd_url
    return Scanner(url) if url else None
