"""What peers test, as scripts that are played against the running product over HTTP.

A script is one person: what is entered when, and what must be seen when. All scripts of a session share one clock, as
the people of a town do, so that a hundred of them cost little more than one. Days are counted from Monday, 2 November
2026 (day 0), hours are those of Berlin.
"""

import heapq
import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.fixtures.processes import Obhut

BERLIN = ZoneInfo("Europe/Berlin")
DAY_0 = date(2026, 11, 2)
CASES = "/api/v1/care/cases"


def day(number: int) -> str:
    """The date of this day."""
    return (DAY_0 + timedelta(days=number)).isoformat()


def at(number: int, clock_time: str) -> datetime:
    """This day at this hour in Berlin."""
    return datetime.combine(DAY_0 + timedelta(days=number), time.fromisoformat(clock_time), BERLIN)


MORNING = at(0, "09:00")


@dataclass(frozen=True)
class Step:
    """`what`: an address below the case (`reports`, `close`, …), `see`, `reply` (by SMS), `texts` (how many came) or
    `told` (how many reports are known).
    """

    when: datetime
    what: str
    body: dict[str, Any] = field(default_factory=dict)
    status: tuple[int, ...] = (200, 201)


@dataclass(frozen=True)
class Script:
    """`source`: repository, file and test. `person` and `case`: what differs from a contact exposed the day before."""

    source: str
    title: str
    steps: tuple[Step, ...]
    case: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)
    begins: datetime = MORNING

    @property
    def name(self) -> str:
        return f"{self.source.split(',')[0]}: {self.title}"


def do(when: datetime, what: str, status: int | None = None, **body: Any) -> Step:
    return Step(when, what, body, (status,) if status else (200, 201))


def say(when: datetime, *present: str, said_at: datetime | None = None, status: int | None = None, **more: Any) -> Step:
    """A report with these symptoms, none for "I am well"; `said_at`: dated back to then."""
    body = {"symptoms": dict.fromkeys(present, True), "reported_at": (said_at or when).isoformat(), **more}
    return do(when, "reports", status, **body)


def see(when: datetime, **expected: Any) -> Step:
    """What the case must look like: fields of its JSON, and `has`/`lacks` (codes of open findings), `rule`, `day`."""
    return Step(when, "see", expected)


class Player:
    """Plays all scripts on one time line and notes for each what was not as it should be."""

    def __init__(self, town: Obhut, token: dict[str, str]) -> None:
        self._town, self._token = town, token
        self.references: dict[str, str] = {}
        self.wrong: dict[str, list[str]] = {}

    def play(self, scripts: list[Script]) -> None:
        queue = [
            (step.when, number, place, script, step)
            for number, script in enumerate(scripts)
            for place, step in enumerate((Step(script.begins, "enrol"), *script.steps))
        ]
        heapq.heapify(queue)
        now = None
        while queue:
            when, number, _, script, step = heapq.heappop(queue)
            if when != now:
                self._town.set_clock(when.isoformat())
                now = when
            problem = self._take(script, number, step)
            if problem:
                self.wrong.setdefault(script.name, []).append(f"{when:%d.%m. %H:%M} {step.what}: {problem}")

    def _take(self, script: Script, number: int, step: Step) -> str | None:
        if step.what == "enrol":
            return self._enrol(script, number)
        reference = self.references.get(script.name)
        if reference is None:
            return "there is no case"
        body = json.loads(_named(json.dumps(step.body), self.references))
        if step.what == "see":
            seen = self._call("GET", reference)
            return "; ".join(_differences(body, seen.json())) or None
        if step.what == "told":
            known = len(self._call("GET", f"{reference}/timeline").json()["reports"])
            return None if known == step.body["reports"] else f"{known} reports"
        if step.what == "reply":
            reply = {"from": phone(number), "body": step.body["text"]}
            answer = self._town.http.post(self._town.url + "/sandbox/phone/reply", json=reply, timeout=60)
            return None if answer.status_code == 201 else answer.text
        if step.what == "texts":
            came = sum(step.body["about"] in one["body"] for one in self._town.texts_to(phone(number)))
            return None if came == step.body["count"] else f"{came} texts"
        answer = self._call("POST", f"{reference}/{step.what}", body)
        return None if answer.status_code in step.status else f"{answer.status_code} {answer.text}"

    def _enrol(self, script: Script, number: int) -> str | None:
        person = {
            "given_name": "Nina", "family_name": f"Nachspiel{number}", "birth_date": "1988-04-12", "locale": "de",
            "channel": "sms", "phone": phone(number), **script.person,
        }  # fmt: skip
        case = {"kind": "contact", "protocol": "covid-19", "last_exposure_on": day(-1), **script.case}
        body = json.loads(_named(json.dumps({"person": person, **case}), self.references))
        answer = self._call("POST", "", {name: value for name, value in body.items() if value is not None})
        if answer.status_code != 201:
            return f"{answer.status_code} {answer.text}"
        self.references[script.name] = answer.json()["reference"]
        return None

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self._town.url}{CASES}/{path}".rstrip("/")
        return self._town.http.request(method, url, json=body, headers=self._token, timeout=60)


def phone(number: int) -> str:
    return f"+49170555{number:04d}"


def _named(text: str, references: dict[str, str]) -> str:
    """`text` with the reference of a case in place of `<its script's title>`."""
    for name, reference in references.items():
        text = text.replace(f"<{name.split(': ', 1)[1]}>", reference)
    return text


def _differences(expected: dict[str, Any], seen: dict[str, Any]) -> list[str]:
    open_codes = {one["code"] for one in seen["findings"] if one["state"] == "open"}
    due_at = seen["next_check_in_at"]
    derived = {
        "rule": seen["because"]["rule"],
        "ends_on": seen["monitoring"]["ends_on"],
        "due": datetime.fromisoformat(due_at).astimezone(BERLIN).strftime("%Y-%m-%d %H:%M") if due_at else None,
        "shortenings": [one["rule"] for one in seen["shortenings"]],
        "head": seen["household_of"],
        "order_ends_on": seen["order"]["ends_on"] if seen["order"] else None,
        "anchor": _anchor(seen),
    }
    shown = seen | derived
    wrong = []
    for name, value in expected.items():
        if name == "has":
            lacking = sorted(set(value) - open_codes)
            wrong += [f"findings {sorted(open_codes)} lack {lacking}"] if lacking else []
        elif name == "lacks":
            wrong += [f"findings have {one}" for one in sorted(set(value) & open_codes)]
        elif shown[name] != value:
            wrong.append(f"{name} is {shown[name]!r}, not {value!r} ({seen['because']})")
    return wrong


def _anchor(seen: dict[str, Any]) -> str | None:
    """When the first characteristic symptom was said, in Berlin."""
    for one in seen["findings"]:
        if one["code"] == "first_characteristic_symptom":
            return datetime.fromisoformat(one["since"]).astimezone(BERLIN).strftime("%Y-%m-%d %H:%M")
    return None
