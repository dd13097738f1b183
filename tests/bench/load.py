"""Sends one request after the other over a few kept-alive connections, as cheaply as Python can; a process of its own.

python -m tests.bench.load  reads from standard input {"port", "path", "paths", "headers", "body", "connections",
"seconds"}; a "#" in the body becomes the request's number. Prints {"rate", "median_ms", "p95_ms", "statuses"}.
"""

import json
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.servers.base import ROOT


@dataclass(frozen=True)
class Load:
    """What the load met. `rate`: requests a second; `statuses`: answers by status; `cpu_ms`: the server's, each."""

    rate: float
    median_ms: float
    p95_ms: float
    statuses: dict[str, int]
    cpu_ms: float = 0.0


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.received = b""


class _Run:
    def __init__(self, wanted: dict[str, Any]) -> None:
        lines = [f"Host: 127.0.0.1:{wanted['port']}"]
        lines += [f"{name}: {value}" for name, value in wanted["headers"].items()]
        self._head, self._body = "\r\n".join(lines), wanted["body"]
        self._path, self._paths = wanted["path"], deque(wanted["paths"])
        self._is_over = False
        self._connections = [_Connection(wanted["port"]) for _ in range(wanted["connections"])]
        self._seconds = wanted["seconds"]
        self._number = time.time_ns() // 1000  # bodies differ between runs, too
        self._statuses: Counter[str] = Counter()
        self._took: list[float] = []

    def run(self) -> Load:
        selector = selectors.DefaultSelector()
        for each in self._connections:
            selector.register(each.socket, selectors.EVENT_READ, each)
            self._send(each)
        began = time.perf_counter()
        deadline = began + self._seconds
        while time.perf_counter() < deadline and not self._is_over:
            for key, _ in selector.select(1):
                self._receive(key.data)
        took = time.perf_counter() - began
        p95 = statistics.quantiles(self._took, n=20)[-1]
        return Load(len(self._took) / took, statistics.median(self._took) * 1000, p95 * 1000, dict(self._statuses))

    def _send(self, each: _Connection) -> None:
        if self._paths:
            self._path = self._paths.popleft()
            self._is_over = not self._paths
        self._number += 1
        body = self._body.replace("#", str(self._number))
        each.received, each.began = b"", time.perf_counter()
        each.socket.sendall(
            f"POST {self._path} HTTP/1.1\r\n{self._head}\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode()
        )

    def _receive(self, each: _Connection) -> None:
        found = each.socket.recv(65536)
        if not found:
            raise ConnectionError("the server hung up")
        each.received += found
        head, separator, rest = each.received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(rest) < int(length.partition(b":")[2]):
            return
        self._took.append(time.perf_counter() - each.began)
        self._statuses[head[9:12].decode()] += 1
        self._send(each)


def post(
    port: int,
    path: str,
    headers: dict[str, str],
    body: str,
    *,
    connections: int,
    seconds: float,
    paths: Sequence[str] = (),
) -> Load:
    """Run the load in a process of its own. `paths` are posted to one after the other, at most until they are over."""
    wanted = {"port": port, "path": path, "body": body, "connections": connections, "seconds": seconds}
    wanted["paths"] = list(paths)
    wanted["headers"] = {"Content-Type": "application/json", **headers}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(wanted), capture_output=True, text=True, check=True, cwd=ROOT, timeout=seconds + 60,
    )  # fmt: skip
    return Load(**json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(vars(_Run(json.load(sys.stdin)).run())))
