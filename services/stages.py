"""Which time limit counts for a request that has ended. Pure."""

from services.definition_parts import Retention
from services.lifecycle import RequestStatus

ENDED = (RequestStatus.APPROVED, RequestStatus.REJECTED, RequestStatus.WITHDRAWN, RequestStatus.CLOSED)
OUTCOMES = (RequestStatus.APPROVED, RequestStatus.REJECTED, RequestStatus.WITHDRAWN)


def days_of(retention: Retention, outcome: RequestStatus) -> int:
    """Days from the end of a request. `outcome`: what it came to before it was closed."""
    stage = {RequestStatus.REJECTED: retention.rejected_days, RequestStatus.WITHDRAWN: retention.withdrawn_days}
    return stage.get(outcome) or retention.file_days


def shortest(retention: Retention) -> int:
    """The smallest number of days after which any ended request of a service may go."""
    return min(days_of(retention, outcome) for outcome in OUTCOMES)
