"""What the codes of the audit trail mean, in words. Each room registers its own; English, to be translated."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.errors import N_


@dataclass(frozen=True)
class RecordKind:
    """A kind of record: what it is called, and why staff look at such a one."""

    name: str
    why: str


ACTOR_KINDS: dict[str, str] = {
    "user": N_("Person"),
    "token": N_("Program"),
    "system": N_("The house itself"),
    "link": N_("Holder of a link"),
    "anonymous": N_("Visitor"),
    "visitor": N_("Visitor"),
}
_actions: dict[str, str] = {
    "login.completed": N_("Logged in"),
    "login.refused": N_("Login refused"),
    "logout": N_("Logged out"),
    "session.ended": N_("Own login ended"),
    "session.others_ended": N_("All other own logins ended"),
    "token.issued": N_("API token issued"),
    "token.revoked": N_("API token revoked"),
    "role.granted": N_("Role granted"),
    "role.revoked": N_("Role revoked"),
    "office.added": N_("Health office added"),
    "office.changed": N_("Facts of a health office changed"),
    "department.added": N_("Department added"),
    "account.exported": N_("Copy of one's own data taken"),
    "account.deleted": N_("Account deleted"),
    "hold.placed": N_("Legal hold placed"),
    "hold.lifted": N_("Legal hold lifted"),
    "archive.fetched": N_("File handed out for the archive"),
    "archive.answered": N_("The archive's answer noted"),
    "retention.erased": N_("Erased because its time was over"),
    "retention.finished": N_("Run of the time limits finished"),
    "erasure.repeated": N_("Erased again after a backup was restored"),
    "audit.verified": N_("Audit trail verified"),
    "audit.exported": N_("Audit trail exported"),
    "login.stepped_up": N_("Proved anew who one is"),
    "logout.refused": N_("Logout by the provider refused"),
    "session.ended_by_provider": N_("Logged out by the provider"),
    "keys.renewed": N_("New keys made"),
    "keys.rotated": N_("Keys changed"),
}
_kinds: dict[str, RecordKind] = {
    "user": RecordKind(N_("Account"), N_("Management of accounts")),
    "token": RecordKind(N_("API token"), N_("Management of programs")),
    "grant": RecordKind(N_("Role"), N_("Management of roles")),
    "office": RecordKind(N_("Health office"), N_("Management of offices")),
    "department": RecordKind(N_("Department"), N_("Management of offices")),
    "login": RecordKind(N_("Login"), N_("Management of accounts")),
    "retention": RecordKind(N_("Time limits"), N_("Erasing what is over")),
    "erasures": RecordKind(N_("Erasures"), N_("Erasing what is over")),
    "audit": RecordKind(N_("Audit trail"), N_("Control")),
    "logout": RecordKind(N_("Login"), N_("Management of accounts")),
    "keys": RecordKind(N_("Keys"), N_("Management of keys")),
}


def register_words(actions: Mapping[str, str], kinds: Mapping[str, RecordKind]) -> None:
    """Make known what a room's codes mean; the same code again replaces it."""
    _actions.update(actions)
    _kinds.update(kinds)


def action_in_words(code: str) -> str:
    """What an action is called; "" when nobody has said."""
    return _actions.get(code, "")


def actions_in_words() -> list[tuple[str, str]]:
    """All known actions: code and words."""
    return sorted(_actions.items())


def kind_of(record: str) -> RecordKind | None:
    """The kind of a record such as `case:K7NPX3RB`."""
    return _kinds.get(record.partition(":")[0])
