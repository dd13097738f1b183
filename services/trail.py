"""What the services write into the audit trail: always into the chain of the department whose request it is."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from auth import audit
from auth.actors import Actor
from services.models import ServiceRequest
from services.queries import is_own


def record(actor: Actor, action: str, request: ServiceRequest, **facts: Any) -> None:
    """`actor` did something to `request`. Inside the caller's `transaction()`; facts are codes, numbers and dates."""
    chain = audit.chain_of_department(request.department_code)
    audit.record(actor, action, f"request:{request.reference}", chain=chain, **facts)


def looked(actor: Actor, action: str, requests: Iterable[ServiceRequest], **facts: Any) -> None:
    """`actor` sees the data of these requests: one event for each department; one's own are no news.

    Outside a transaction this is one of its own, after which requests have to be read anew: read first what is shown.
    """
    seen: dict[str, list[str]] = defaultdict(list)
    for request in requests:
        if not is_own(actor, request):
            seen[audit.chain_of_department(request.department_code)].append(f"request:{request.reference}")
    for chain, records in seen.items():
        audit.looked(actor, action, records, chain=chain, **facts)
