"""What the services' codes in the audit trail mean."""

from auth.audit_words import RecordKind, register_words
from config.errors import N_

ACTIONS = {
    "request.submitted": N_("Request handed in"),
    "request.take": N_("Request taken up"),
    "request.ask": N_("Applicant asked for something"),
    "request.answer": N_("Applicant answered"),
    "request.resume": N_("Request taken up again"),
    "request.approve": N_("Request approved"),
    "request.reject": N_("Request rejected"),
    "request.withdraw": N_("Request withdrawn"),
    "request.close": N_("Request closed"),
    "request.commented": N_("Comment on a report came in over Open311"),
    "request.told_public": N_("Public note on a report written"),
    "request.viewed": N_("Request looked at"),
    "request.exported_fim": N_("Request exported under the ids of FIM"),
    "request.file_read": N_("File of a request opened"),
    "request.erased": N_("Request erased"),
    "requests.listed": N_("List of requests looked at"),
}
KINDS = {"request": RecordKind(N_("Request"), N_("Work on a request"))}


def register() -> None:
    """Called once by the wiring."""
    register_words(ACTIONS, KINDS)
