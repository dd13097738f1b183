"""The rows of the mail room's lists."""

from collections.abc import Sequence
from typing import Any

from services import cover_letters, letters, versions
from services.work_models import RequestDecision


def rows(decisions: Sequence[RequestDecision], locale: str) -> list[dict[str, Any]]:
    """Each decision with whom and where it goes to."""
    covers = cover_letters.of(decisions)
    return [
        {
            "id": one.id,
            "reference": one.request.reference,
            "service": versions.of(one.request).title.to(locale),
            "address": ", ".join(filter(None, letters.recipient(one.request))),
            "decided_at": one.decided_at,
            "attachment_id": one.attachment_id,
            "cover_id": covers[one.id].id if one.id in covers else None,
            "came_back": one.returned_on,
        }
        for one in decisions
    ]
