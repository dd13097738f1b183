"""What care's codes in the audit trail mean."""

from auth.audit_words import RecordKind, register_words
from config.errors import N_

ACTIONS = {
    "case.enrolled": N_("Case created"),
    "case.reviewed": N_("Report judged"),
    "case.closed": N_("Case closed"),
    "case.reopened": N_("Case opened again"),
    "case.released": N_("Person released"),
    "case.order": N_("Order changed"),
    "case.report_entered": N_("Report taken down"),
    "case.viewed": N_("Case looked at"),
    "case.timeline_read": N_("Course of a case read"),
    "case.paper_read": N_("Paper of a case opened"),
    "cases.listed": N_("List of cases looked at"),
    "cases.tasks_listed": N_("Open tasks looked at"),
    "cases.exported": N_("Cases exported as a file"),
    "document.opened": N_("Own paper opened by link"),
    "import.uploaded": N_("File of people uploaded"),
    "import.confirmed": N_("File of people confirmed"),
    "import.discarded": N_("File of people discarded"),
    "import.finished": N_("File of people imported"),
    "import.rows_deleted": N_("Rows of a file deleted"),
    "import.rows_seen": N_("Rows of a file looked at"),
}
KINDS = {
    "case": RecordKind(N_("Case of the health office"), N_("Care during quarantine or isolation")),
    "import": RecordKind(N_("File of people"), N_("Taking people into care")),
}


def register() -> None:
    """Called once by the wiring."""
    register_words(ACTIONS, KINDS)
