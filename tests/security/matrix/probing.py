"""Every address, asked by everybody for everybody's records: what has to come back, and what must not be in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from auth.policies import ACCESS, Access
from auth.roles import Permission, Role
from config.openapi import description
from tests.security.matrix.people import Identity
from tests.security.matrix.world import OF_ALL, PLAIN, World, kind_of

ARGUMENT = re.compile(r"<[^>]+>")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
CHOICES = re.compile(r"<any\(([^)]*)\):(\w+)>")
# What an act needs to get as far as the record: as many fields as there are forms, and what schemas cannot say.
FORM = {
    "action": "cancel", "feeling": "no", "outcome": "dismissed", "note": "x", "reason": "other", "text": "Guten Tag",
    "event": "issue_verbal", "legal_basis": "§ 30 IfSG", "message": "x", "order-event": "issue_verbal",
    "order-legal_basis": "§ 30 IfSG", "review-outcome": "dismissed", "close-reason": "other", "report-feeling": "no",
    "reference": "AAAAAAAA", "pin": "000000", "address": "kanari@example.net", "source": "staff_asked",
    "name": "Probe", "code": "probe", "subject": "probe", "issuer": "https://matrix.example", "role": "auditor",
}  # fmt: skip
JSON: dict[str, dict[str, Any]] = {
    "api_care.report": {"symptoms": {"cough": False}},
    "api_care.order": {"event": "issue_verbal", "legal_basis": "§ 30 IfSG"},
    "api_care.announce": {"way": "handed", "given_on": "2026-11-02"},
    "api_care.acknowledge": {"source": "phone"},
    "api_care.court_matter": {"action": "end"},
    "api_care.lab_result": {"kind": "pcr", "result": "negative", "sampled_on": "2026-11-02"},
    "api_care.extension": {"until": "2026-12-24"},
    "api_care.preferences": {"locale": "en"},
    "api_services.transition": {"action": "withdraw"},
    "api_notifications.send": {"template": "notifications.plain", "recipient": {"phone": "+4915735990001"}},
    "api_bulk.send": {"template": "notifications.plain", "recipients": [{"phone": "+4915735990001"}]},
}
# They end the login that the others need.
LAST = ("auth.logout", "account.end_session", "account.end_other_sessions", "own_case.unlink", "own_data.delete")
# May answer 503: the identity provider sleeps, and nobody works the queues.
MAY_BE_AWAY = ("auth.login", "auth.callback", "auth.logout", "health.ready")
# What differs from one page to the next, whoever asks for what: tokens, and the seconds until the login ends.
MASKED = re.compile(rb'(name="csrf_token"[^>]*value="|data-token="|data-ends-in="|nonce="|nonce-)[^"\' ]*')


class Due(StrEnum):
    """What has to come back."""

    OPEN = "whatever the page says"
    NO_SUCH_METHOD = "405"
    LOGIN = "the way to the login, or 401"
    REFUSED = "403"
    NOT_FOUND = "404, or what a deleted record gets"


@dataclass(frozen=True)
class Probe:
    """One request. `side`: whose record it asks for; "" where the address names none."""

    rule: Rule
    method: str
    asking: Identity
    side: str
    due: Due

    @property
    def name(self) -> str:
        return f"{self.asking.name}: {self.method} {self.rule.rule} of {self.side or 'nobody'}"


def probes(app: Flask, world: World) -> Iterator[Probe]:
    """All of them, those that may not succeed before those that may change something."""
    found = [
        Probe(rule, method, asking, side, due(app, rule, method, asking, side))
        for method, rule in _addresses(app)
        for asking in world.identities
        for side in _sides(rule)
    ]
    found.sort(key=lambda probe: (probe.rule.endpoint in LAST, probe.due is Due.OPEN, probe.method in CHANGING))
    yield from found


def _addresses(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every address with every method, and the rule that answers it: several may share an address."""
    at: dict[str, list[Rule]] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            at.setdefault(rule.rule, []).append(rule)
    for rules in at.values():
        for method in METHODS:
            yield method, next((rule for rule in rules if method in (rule.methods or ())), rules[0])


def due(app: Flask, rule: Rule, method: str, asking: Identity, side: str) -> Due:
    """What the table of permissions and the ownership of the record say."""
    access: Access = getattr(app.view_functions[rule.endpoint], ACCESS)
    if method == "OPTIONS":
        return Due.OPEN  # answered by the frame, with nothing but the methods
    if method not in (rule.methods or ()):
        wider = _wider(app, rule, method)
        return due(app, wider, method, asking, "deleted") if wider else Due.NO_SUCH_METHOD
    if access.kind != "permission":
        return Due.OPEN
    if asking.role is None or (access.api and not asking.token):
        return Due.LOGIN
    if not asking.may(access.permissions, api=access.api):
        return Due.REFUSED
    kind = next(filter(None, (kind_of(argument, rule.rule) for argument in sorted(rule.arguments))), None)
    if kind is None or (kind in OF_ALL and side != "deleted"):
        return Due.OPEN
    return Due.OPEN if _is_own(kind, asking, access, side) else Due.NOT_FOUND


def _wider(app: Flask, rule: Rule, method: str) -> Rule | None:
    """The rule that takes the words of this address for a record: `/care/cases/search` may be read as a case's."""
    path = ARGUMENT.sub("x", rule.rule)
    try:
        return app.url_map.bind("localhost").match(path, method, return_rule=True)[0]
    except (MethodNotAllowed, NotFound):
        return None


def _is_own(kind: str, asking: Identity, access: Access, side: str) -> bool:
    """Whether the record of that side is the asking one's by this address."""
    if kind in ("session", "own case", "own document"):
        return asking.role is Role.RESIDENT and side == asking.side
    if kind in ("request", "attachment"):
        if asking.role is Role.RESIDENT:
            return Permission.REQUESTS_OWN in access.permissions and side == asking.side
        here = tuple({Permission.REQUESTS_WORK, Permission.REQUESTS_ERASE} & set(access.permissions))
        return asking.may_at(side, here)
    return asking.may_at(side, access.permissions)


def _sides(rule: Rule) -> tuple[str, ...]:
    names = any(kind_of(argument, rule.rule) for argument in rule.arguments)
    return ("a", "b", "deleted") if names else ("",)


def send(app: Flask, client: FlaskClient, world: World, probe: Probe) -> tuple[TestResponse, str]:
    """The answer to the probe, and its address."""
    access: Access = getattr(app.view_functions[probe.rule.endpoint], ACCESS)
    path = address(world, probe)
    headers = {"Authorization": f"Bearer {probe.asking.token}"} if access.api and probe.asking.token else {}
    if not access.api and probe.asking.cookie:
        client.set_cookie(app.session_interface.login_cookie, probe.asking.cookie)  # type: ignore[attr-defined]
    body: dict[str, Any] = {}
    if probe.method in CHANGING:
        body = {"json": _json(app, probe.rule)} if access.api and access.kind == "permission" else {"data": FORM}
    answer = client.open(path, method=probe.method, headers=headers, buffered=True, **body)
    client.delete_cookie(app.session_interface.login_cookie)  # type: ignore[attr-defined]
    return answer, path


def address(world: World, probe: Probe) -> str:
    """The path of the probe's rule with the record's ids."""
    path = CHOICES.sub(lambda found: found[1].split(",")[0].strip(), probe.rule.rule)
    for argument in probe.rule.arguments:
        kind = kind_of(argument, probe.rule.rule) if f"{argument}>" in path else None
        if f"{argument}>" not in path:
            continue
        value = world.record(kind, probe.side, probe.asking) if kind else _plain(argument)
        path = re.sub(rf"<(?:\w+(?:\([^)]*\))?:)?{argument}>", value, path)
    return path


def _plain(argument: str) -> str:
    return PLAIN[argument]


def _json(app: Flask, rule: Rule) -> dict[str, Any]:
    if rule.endpoint in JSON:
        return JSON[rule.endpoint]
    with app.app_context():
        document = description()
    path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule)
    body = document["paths"].get(path, {}).get("post", {}).get("requestBody")
    return _instance(next(iter(body["content"].values()))["schema"], document) if body else {}


def _instance(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """The smallest value that the schema takes."""
    if "$ref" in schema:
        return _instance(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return _instance(schema[several][0], document)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", ())
            return {name: _instance(schema["properties"][name], document) for name in wanted}
        case "array":
            return []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return {"date": "2026-11-02", "date-time": "2026-11-02T09:00:00+01:00"}.get(schema.get("format", ""), "x")
