"""A provider of SMS that costs next to nothing: it takes messages, answers after a while, and counts.

Run as a process of its own: `python -m tests.bench.stub`; it prints its port. Below HTTP frameworks on purpose: it has
to leave the machine to what is measured.
"""

import asyncio
import gc
import json
import resource
import signal
import sys
from array import array
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

ACCOUNT = "AC" + "00112233445566778899aabbccddeeff"
CREATE = f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json ".encode()
ONE = f"POST /2010-04-01/Accounts/{ACCOUNT}/Messages/".encode()
LIST = f"GET /2010-04-01/Accounts/{ACCOUNT}/Messages.json".encode()
STATISTICS, ARRIVALS, RESET = b"GET /bench/statistics ", b"GET /bench/arrivals ", b"POST /bench/reset?delay_ms="
LENGTH, END_OF_HEAD, CLOSE = b"content-length:", b"\r\n\r\n", b"connection: close"


class Counts:
    """What the stub has seen since the last reset. Times are those of time.monotonic()."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.seen: dict[bytes, int] = {}
        self.arrivals = array("d")
        self.in_flight = self.max_in_flight = self.answered = self.strange = self.looked_up = self.redacted = 0
        self.last_answer_at = 0.0

    def statistics(self) -> dict[str, Any]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        requests = len(self.arrivals)
        return {
            "requests": requests,
            "answered": self.answered,
            "distinct": len(self.seen),
            "duplicates": requests - len(self.seen),
            "in_flight": self.in_flight,
            "max_in_flight": self.max_in_flight,
            "first_at": self.arrivals[0] if requests else None,
            "last_at": self.arrivals[-1] if requests else None,
            "last_answer_at": self.last_answer_at or None,
            "looked_up": self.looked_up,
            "redacted": self.redacted,
            "strange": self.strange,
            "cpu_s": used.ru_utime + used.ru_stime,
        }

    def messages_to(self, number: str) -> Iterator[dict[str, Any]]:
        """What was taken for a number, for whoever looks a lost answer up."""
        for message in self.seen:
            to, body = (dict(parse_qsl(message.decode())).get(name, "") for name in ("To", "Body"))
            if to == number:
                yield {"sid": _sid(message), "to": to, "body": body, "status": "queued", "date_created": None}


counts = Counts()


class Conversation(asyncio.Protocol):
    """One kept-alive connection. Requests may come in pieces, or several at once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        data = self._pending + data if self._pending else data
        while data:
            head_end = data.find(END_OF_HEAD)
            if head_end < 0:
                break
            head = data[:head_end].lower()
            place = head.find(LENGTH)
            length = int(head[place + len(LENGTH) :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            end = head_end + len(END_OF_HEAD) + length
            if len(data) < end:
                break
            self._request(data, data[end - length : end])
            if CLOSE in head:
                self._transport.close()
            data = data[end:]
        self._pending = data

    def _request(self, head: bytes, body: bytes) -> None:
        if head.startswith(CREATE):
            self._take(body)
        elif head.startswith(STATISTICS):
            self._answer(200, counts.statistics())
        elif head.startswith(ARRIVALS):
            self._answer(200, list(counts.arrivals))
        elif head.startswith(RESET):
            _reset(int(head[len(RESET) :].split(b" ", 1)[0]) / 1000)
            self._answer(200, {})
        elif head.startswith(LIST):
            counts.looked_up += 1
            query = dict(parse_qsl(head.split(b" ", 2)[1].partition(b"?")[2].decode()))
            self._answer(200, {"messages": list(counts.messages_to(query.get("To", ""))), "next_page_uri": None})
        elif head.startswith(ONE):
            counts.redacted += 1
            self._answer(200, {"sid": head[len(ONE) : len(ONE) + 34].decode(), "body": ""})
        else:
            counts.strange += 1
            self._answer(404, {"code": 20404, "message": "Not found", "status": 404})

    def _take(self, form: bytes) -> None:
        at = self._loop.time()
        counts.arrivals.append(at)
        message = b"&".join(sorted(part for part in form.split(b"&") if part.startswith((b"To=", b"Body="))))
        number = counts.seen.get(message, 0) + 1
        counts.seen[message] = number
        counts.in_flight += 1
        counts.max_in_flight = max(counts.max_in_flight, counts.in_flight)
        answer = _created(message if number == 1 else b"%d %s" % (number, message))
        if counts.delay_s:
            self._loop.call_later(counts.delay_s, self._give, answer, counts)
        else:
            self._give(answer, counts)

    def _give(self, answer: bytes, taken_by: Counts) -> None:
        taken_by.in_flight -= 1
        taken_by.answered += 1
        taken_by.last_answer_at = self._loop.time()
        self._transport.write(answer)

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self._transport.write(b"HTTP/1.1 %d Bench\r\n%s\r\n\r\n%s" % (status, _head(body), body))


def _head(body: bytes) -> bytes:
    return b"Content-Type: application/json\r\nContent-Length: %d" % len(body)


def _sid(message: bytes) -> str:
    half = hash(message) & 0xFFFFFFFFFFFFFFFF
    return f"SM{half:016x}{half ^ 0x5DEECE66D5DEECE6:016x}"


def _sample() -> tuple[bytes, bytes]:
    """A whole answer, all but the sid the same for every message, cut in two at the sid."""
    when = formatdate(usegmt=True)
    content: dict[str, Any] = {
        "sid": "*", "account_sid": ACCOUNT, "to": "+4915735990001", "from": "+4915735990099", "body": "Bench",
        "status": "queued", "direction": "outbound-api", "num_segments": "1", "num_media": "0", "date_created": when,
        "date_sent": None, "date_updated": when, "error_code": None, "error_message": None, "price": None,
        "price_unit": "EUR", "messaging_service_sid": None, "api_version": "2010-04-01",
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM.json", "subresource_uris": {},
    }  # fmt: skip
    before, after = json.dumps(content).encode().split(b"*")
    head = _head(before + b"0" * 34 + after)
    return b"HTTP/1.1 201 Created\r\n%s\r\n\r\n%s" % (head, before), after


BEFORE_SID, AFTER_SID = _sample()


def _created(message: bytes) -> bytes:
    return b"%s%s%s" % (BEFORE_SID, _sid(message).encode(), AFTER_SID)


def _reset(delay_s: float) -> None:
    global counts
    counts = Counts(delay_s)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Conversation, "127.0.0.1", 0, backlog=1024)
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.freeze()
    gc.disable()  # nothing here makes cycles, and a pause of the stub would be blamed on what is measured
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_serve())
    sys.exit(0)
