"""A virus scanner that speaks clamd's protocol over a socket: it knows EICAR, and can be out of order."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Clamd:
    """What the scanner does and has seen. `limit`: bytes from which on a stream is too long for it."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.broken = False
        self.limit = 25 * 1024 * 1024
        self.url = ""

    def answer(self, data: bytes) -> bytes:
        self.seen.append(data)
        if self.broken:
            return b"stream: Can't allocate memory ERROR"
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in data else b"stream: OK"


class _Handler(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        clamd: Clamd = self.server.clamd
        command = self._word()
        if command == b"zPING":
            self._say(b"PONG")
        elif command == b"zVERSION":
            self._say(b"ClamAV 1.4.9/28000/Thu Nov 26 08:00:00 2026")
        elif command == b"zINSTREAM":
            data = self._stream(clamd.limit)
            self._say(b"INSTREAM size limit exceeded. ERROR" if data is None else clamd.answer(data))
        else:
            self._say(b"UNKNOWN COMMAND")

    def _word(self) -> bytes:
        word = b""
        while (letter := self.rfile.read(1)) not in (b"\0", b""):
            word += letter
        return word

    def _stream(self, limit: int) -> bytes | None:
        data = b""
        while length := struct.unpack("!I", self.rfile.read(4))[0]:
            data += self.rfile.read(length)
            if len(data) > limit:
                return None
        return data

    def _say(self, text: bytes) -> None:
        self.wfile.write(text + b"\0")


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _Tcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True


@contextmanager
def running(folder: Path | None = None) -> Iterator[Clamd]:
    """A scanner on a socket in `folder`, else on a free port of this machine."""
    clamd = Clamd()
    server = _Unix(str(folder / "clamd.ctl"), _Handler) if folder else _Tcp(("127.0.0.1", 0), _Handler)
    clamd.url = f"unix://{folder / 'clamd.ctl'}" if folder else f"tcp://127.0.0.1:{server.server_address[1]}"
    server.clamd = clamd  # type: ignore[union-attr]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield clamd
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def silent() -> Iterator[str]:
    """The address of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
