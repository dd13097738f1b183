"""Why an address is closed, and on what basis it was written to. Pure; the templates translate."""

from config.errors import N_

SOURCES = {
    "reply": N_("Wrote STOP"),
    "provider": N_("Signed off at the provider"),
    "bounce": N_("The mailbox does not exist"),
    "staff": N_("Closed by staff"),
    "staff_asked": N_("Asked by phone, letter or in person"),
    "staff_wrong": N_("The address belongs to somebody else"),
    "staff_other": N_("Another reason"),
}
BASES = {
    "consent": N_("Consent"),
    "ifsg_25": N_("Infection Protection Act, section 25 (investigation)"),
    "ifsg_16": N_("Infection Protection Act, section 16 (measures)"),
}
