"""A house with two of everything, each side marked with names of its own: what turns up elsewhere is a leak."""

import secrets
from dataclasses import dataclass, field

from flask import Flask

from auth.roles import SCOPE_OF, Role, Scope
from config.database import db
from config.ids import REFERENCE_ALPHABET, new_id, new_token
from tests.factories import services
from tests.security.matrix import records, service_records
from tests.security.matrix.people import SIDES, Identity, Places, everybody, places

# What an argument of an address names, by the beginning of the address; "" is any other address.
KINDS: dict[str, dict[str, str]] = {
    "reference": {
        "/care/occasions/": "occasion",
        "/care/": "case",
        "/api/v1/care/": "case",
        "/api/v1/care/occasions/": "occasion",
        "/account/case/": "own case",
        "": "request",
    },
    "document_id": {"/account/case/": "own document", "": "document"},
    "link_id": {"": "case link"},
    "contact_id": {"": "contact"},
    "guest_id": {"": "guest"},
    "exposure_id": {"": "exposure"},
    "result_id": {"": "laboratory result"},
    "view_id": {"/staff/requests/": "work view", "": "view"},
    "support_id": {"": "support"},
    "notice_id": {"": "order notice"},
    "hold_id": {"": "hold"},
    "run_id": {"": "receipt"},
    "attachment_id": {"": "attachment"},
    "session_id": {"": "session"},
    "grant_id": {"": "grant"},
    "token_id": {"": "token"},
    "import_id": {"": "import"},
    "preset_id": {"": "preset"},
    "bulk_id": {"": "bulk"},
    "act_id": {"": "bulk act"},
    "message_id": {"": "message"},
    "inbound_id": {"": "inbound"},
    "entry_id": {"": "suppression"},
    "decision_id": {"": "decision"},
    "payment_id": {"": "payment"},
    "row_id": {"/staff/services/handovers/": "handover"},
    "token": {"/c/": "link", "/o/": "organiser link", "/continue/": "draft link", "/survey/": "survey"},
}
# Arguments that name no record of anybody.
PLAIN: dict[str, str] = {
    "slug": services.SLUG, "template": "notifications.plain", "channel": "sms", "locale": "de", "version": "0",
    "code": "de", "filename": "obhut.css", "purpose": "check_in",
    "mark": "x", "form": "json", "key": service_records.KEY, "step": "applicant", "number": "1", "name": "checkout",
}  # fmt: skip
# Records of the house: whoever has the permission has them all.
OF_ALL = frozenset({"grant", "token", "suppression"})


@dataclass
class World:
    """`records[kind, side]`: its id as addresses name it. `canaries[group]`: texts that only the group may see,
    `pseudonyms` those of them that tell nothing of anybody by themselves."""

    identities: list[Identity]
    places: Places
    records: dict[tuple[str, str], str] = field(default_factory=dict)
    canaries: dict[str, set[str]] = field(default_factory=dict)
    pseudonyms: set[str] = field(default_factory=set)

    def record(self, kind: str, side: str, asking: Identity) -> str:
        """The record of that side; "deleted" gives one that is no more, or never was."""
        if kind in ("message", "hold", "receipt") and asking.place is Scope.DEPARTMENT:
            kind += " of a department"
        kind = kind.removeprefix("own ")
        return self.records.get((kind, side)) or self._never_there(self.records[kind, "a"])

    def hidden_from(self, asking: Identity) -> set[str]:
        """All texts that must not reach this identity. The trail consists of pseudonyms."""
        hidden = {text for group, texts in self.canaries.items() if not sees(asking, group) for text in texts}
        return hidden - self.pseudonyms if asking.role is Role.AUDITOR else hidden

    @staticmethod
    def _never_there(like: str) -> str:
        if len(like) == 8:
            return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))
        return str(new_id()) if len(like) == 36 else new_token()


def sees(asking: Identity, group: str) -> bool:
    """Whether somebody may see what is marked for `group`: `office a`, `requests b`, `person a`, `suppressed`, …"""
    kind, _, side = group.partition(" ")
    if kind == "suppressed":
        return asking.role is Role.HEALTH_ADMIN
    return any(_sees(role, kind) for role, own in asking.roles if own == side)


def _sees(role: Role, kind: str) -> bool:
    place = SCOPE_OF[role]
    match kind:
        case "office":
            return place is Scope.OFFICE
        case "case":  # the resident of each side has linked the case of that side
            return place is Scope.OFFICE or role is Role.RESIDENT
        case "requests":
            return role in (Role.CASEWORKER, Role.RESIDENT)
        case "department":
            return place is Scope.DEPARTMENT
    return role is Role.RESIDENT or place is Scope.OFFICE  # whose page tells who is linked to a case


def kind_of(argument: str, rule: str) -> str | None:
    """The kind of record that an address names; None for a plain argument. Raises AssertionError if it is unknown."""
    if f"{argument}>" not in rule or f"):{argument}>" in rule:
        return None  # a default, or one of a few words: `<any(…):kind>`
    for prefix, kind in sorted(KINDS.get(argument, {}).items(), reverse=True):
        if rule.startswith(prefix):
            return kind
    assert argument in PLAIN, (
        f"{rule}: the world has no record for <{argument}>. In tests/security/matrix/world.py, add it to KINDS and "
        "make a record of each side in `build`, or add it to PLAIN if it names nothing of anybody."
    )
    return None


def build(app: Flask) -> World:
    """Two of everything, in the application's database. Call in an application context."""
    where = places()
    world = World(everybody(app, where), where)
    for side in SIDES:
        by = {identity.name: identity for identity in world.identities if identity.side == side}
        for make in records.MAKERS:
            make(world, side, by)
        if side == "a":
            records.deleted(world, by)
    db.session.remove()
    return world
