"""What a family of processes takes from the machine: CPU, and memory while it works."""

import contextlib
import threading
from pathlib import Path
from types import TracebackType

import psutil

SAMPLE_EVERY_S = 0.5


def proportional_set_size(pid: int) -> float:
    """MiB, as the kernel divides shared pages among their users."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError("the kernel says nothing of Pss")


class Usage:
    """Measures a process and all its children over a `with` block: `cpu_s`, and `peak_mib` of their memory together."""

    def __init__(self, pid: int) -> None:
        self._parent = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.cpu_s = self.peak_mib = 0.0

    def __enter__(self) -> "Usage":
        self._before = self._cpu()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self.cpu_s = self._cpu() - self._before

    def _family(self) -> list[psutil.Process]:
        return [self._parent, *self._parent.children(recursive=True)]

    def _cpu(self) -> float:
        used = 0.0
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                used += times.user + times.system
        # Of children that have ended meanwhile, their parent knows.
        own = self._parent.cpu_times()
        return used + own.children_user + own.children_system

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_EVERY_S):
            self._sample()

    def _sample(self) -> None:
        total = 0.0
        for process in self._family():
            with contextlib.suppress(OSError, psutil.NoSuchProcess):
                total += proportional_set_size(process.pid)
        self.peak_mib = max(self.peak_mib, total)
