"""What care's codes in the audit trail mean."""

from auth.audit_words import RecordKind, register_words
from config.errors import N_

ACTIONS = {
    "case.enrolled": N_("Case created"),
    "case.reviewed": N_("Report judged"),
    "case.closed": N_("Case closed"),
    "case.reopened": N_("Case opened again"),
    "case.released": N_("Person released"),
    "case.given_up": N_("Case closed because nothing was heard for long"),
    "case.extended": N_("Monitoring extended"),
    "case.shortened": N_("Monitoring shortened"),
    "case.protocol_changed": N_("Case moved to another protocol"),
    "case.order": N_("Order changed"),
    "case.report_entered": N_("Report taken down"),
    "case.viewed": N_("Case looked at"),
    "case.timeline_read": N_("Course of a case read"),
    "case.paper_read": N_("Paper of a case opened"),
    "case.exported": N_("Everything about a person handed out"),
    "case.erased": N_("Person erased, or what was said about health"),
    "cases.listed": N_("List of cases looked at"),
    "cases.tasks_listed": N_("Open tasks looked at"),
    "cases.exported": N_("Cases exported as a file"),
    "case.handed_over": N_("Case handed over to another office"),
    "case.taken_over": N_("Case taken over from another office"),
    "case.converted": N_("Case converted to another kind"),
    "case.dates_corrected": N_("Dates of a case corrected"),
    "case.report_corrected": N_("Report corrected"),
    "case.details_set": N_("Way of working on a case changed"),
    "case.course": N_("Hospital, death, loss or return noted"),
    "case.attempt": N_("Attempt to reach a person noted"),
    "case.household": N_("Household of a case changed"),
    "case.linked": N_("Case linked with an account"),
    "case.unlinked": N_("Case no longer linked with an account"),
    "case.link_code_issued": N_("Code for linking issued"),
    "case.link_code_locked": N_("Code for linking locked"),
    "own_case.viewed": N_("Case looked at by a person it is linked with"),
    "own_case.copied": N_("Case handed out to a person it is linked with"),
    "case.support_asked": N_("Request for help taken down"),
    "case.support_changed": N_("Request for help changed"),
    "cases.support_listed": N_("Requests for help looked at"),
    "case.contacts_asked": N_("Questionnaire about contacts sent"),
    "case.contacts_opened": N_("Questionnaire about contacts opened by link"),
    "case.contacts_named": N_("Contacts named"),
    "case.contacts_finished": N_("All contacts named"),
    "case.contact_changed": N_("Named contact changed"),
    "document.opened": N_("Own paper opened by link"),
    "occasion.created": N_("Occasion recorded"),
    "occasion.link_made": N_("Link for the organiser of an occasion made"),
    "occasion.guests_added": N_("Guests of an occasion added"),
    "occasion.guest_changed": N_("Guest of an occasion decided about"),
    "occasion.viewed": N_("Guests of an occasion looked at"),
    "import.uploaded": N_("File of people uploaded"),
    "import.confirmed": N_("File of people confirmed"),
    "import.discarded": N_("File of people discarded"),
    "import.finished": N_("File of people imported"),
    "import.rows_deleted": N_("Rows of a file deleted"),
    "import.errors_taken": N_("Rows that stayed out taken as a file"),
    "import.rows_seen": N_("Rows of a file looked at"),
}
KINDS = {
    "case": RecordKind(N_("Case of the health office"), N_("Care during quarantine or isolation")),
    "occasion": RecordKind(N_("Occasion"), N_("Finding people who were exposed together")),
    "import": RecordKind(N_("File of people"), N_("Taking people into care")),
}


def register() -> None:
    """Called once by the wiring."""
    register_words(ACTIONS, KINDS)
