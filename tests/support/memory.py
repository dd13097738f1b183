"""How much memory a server takes while something is done to it."""

import threading

import psutil

from tests.fixtures.processes import Obhut

LOOK_S = 0.02


class Memory:
    """A with block; afterwards `before` and `most` are the resident bytes of the server's own process."""

    def __init__(self, server: Obhut) -> None:
        assert server.process
        self._process, self._ended = psutil.Process(server.process.pid), threading.Event()
        self.before = self.most = self._now()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()

    def _now(self) -> int:
        return int(self._process.memory_info().rss)

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_S):
            self.most = max(self.most, self._now())
