"""The stub's process: started, asked, ended."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import requests

from tests.bench.stub import ACCOUNT
from tests.servers import base

NUMBER = "+4915735990099"
TOKEN = "0123456789abcdef0123456789abcdef"


def phone(number: int) -> str:
    """One of 100,000 numbers that are nobody's: they begin like those kept for films, and are too long for Germany."""
    return f"+4915735990{number % 100_000:05}"


@dataclass(frozen=True)
class Statistics:
    """What the stub counted since its last reset; times are those of time.monotonic(), which all processes share."""

    requests: int
    answered: int
    distinct: int
    duplicates: int
    in_flight: int
    max_in_flight: int
    first_at: float | None
    last_at: float | None
    last_answer_at: float | None
    looked_up: int
    redacted: int
    strange: int
    cpu_s: float


class Stub:
    """A provider in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            base.tied([sys.executable, "-m", "tests.bench.stub"]),
            cwd=base.ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self._http = requests.Session()
        self._http.trust_env = False

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead an application here."""
        return {
            "OBHUT_TWILIO_API_BASE": self.url,
            "OBHUT_TWILIO_ACCOUNT_SID": ACCOUNT,
            "OBHUT_TWILIO_AUTH_TOKEN": TOKEN,
            "OBHUT_TWILIO_FROM": NUMBER,
        }

    def reset(self, delay_ms: int) -> None:
        """Forget all counts, and answer after `delay_ms` from now on."""
        self._http.post(f"{self.url}/bench/reset?delay_ms={delay_ms}", timeout=10).raise_for_status()

    def statistics(self) -> Statistics:
        return Statistics(**self._get("statistics"))

    def arrivals(self) -> list[float]:
        """When each request came, in order."""
        return list(self._get("arrivals"))

    def stop(self) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout
        self._process.stdout.close()

    def _get(self, what: str) -> Any:
        answer = self._http.get(f"{self.url}/bench/{what}", timeout=30)
        answer.raise_for_status()
        return answer.json()
