"""What the filters of the line lists and their options are called. English msgids; the page translates them."""

from config.errors import N_

GROUPS: dict[str, str] = {
    "case": N_("Case"),
    "work": N_("Work"),
    "findings": N_("Findings, tasks and help"),
    "reports": N_("Reports and calls"),
    "days": N_("Days and monitoring"),
    "person": N_("Person and household"),
    "order": N_("Order"),
    "course": N_("Tests and course"),
}
ANY = {"any": N_("any")}
ANY_MEDICAL = {"medical": N_("any about health")}
SOURCES: dict[str, str] = {
    "manual": N_("entered by hand or by another system"),
    "import": N_("from a file"),
    "named": N_("named by an infected person"),
    "occasion": N_("from a guest list"),
}
FINDING_STATES: dict[str, str] = {
    "open": N_("open"),
    "overdue": N_("nobody has reacted"),
    "acknowledged": N_("reviewed"),
}
HOUSEHOLDS: dict[str, str] = {
    "head": N_("answers for others"),
    "member": N_("somebody answers for them"),
    "none": N_("lives alone"),
}
FOLLOW_UPS: dict[str, str] = {"due": N_("due"), "set": N_("set"), "none": N_("not set")}
SORTS: dict[str, str] = {
    "priority": N_("Priority"),
    "last_report": N_("Longest silence first"),
    "ends": N_("End of monitoring"),
    "follow_up": N_("Look at it again"),
    "enrolled": N_("Newest first"),
}
