"""What is recorded when staff look at messages: whose they are, and whose case or request they are about."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Protocol

from auth import audit
from auth.policies import Actor
from notifications.models import Notification

RECORDS = {"care": "case", "services": "request", "office": "case", "department": "request"}
"""What a reference names, by the wing of the message's template, or by the kind of its owner."""


class About(Protocol):
    """Whatever says which record it is about, as `enqueue` was told."""

    @property
    def about(self) -> str | None: ...

    @property
    def owner(self) -> str | None: ...


def record_of(message: About, template: str = "") -> str | None:
    """The record that `message` is about, as the audit trail names it; None when it is about none of a person."""
    about = message.about or ""
    kind = RECORDS.get(template.partition(".")[0]) or RECORDS.get((message.owner or "").partition(":")[0])
    return f"{kind}:{about}" if kind and about and ":" not in about else None


def record(actor: Actor, action: str, message: Notification, **facts: Any) -> None:
    """`actor` did something to one message. Inside the caller's `transaction()`."""
    audit.record(actor, action, f"message:{message.id}", chain=audit.chain_of_owner(message.owner), **facts)


def looked(actor: Actor, action: str, messages: Iterable[About], *, subject: str | None = None, **facts: Any) -> None:
    """`actor` sees these messages, or that there are some: one event for each office or department whose they are."""
    seen: dict[str, dict[str, None]] = defaultdict(dict)
    for message in messages:
        records = seen[audit.chain_of_owner(message.owner)]
        if subject:
            records[subject] = None
        if record := record_of(message, getattr(message, "template", "")):
            records[record] = None
    for chain, records in seen.items():
        audit.looked(actor, action, list(records), chain=chain, subject=subject, **facts)
