"""What the codes around the papers of orders are called. A page finds them by `care_words`."""

from care.order_rules import PaperState
from config.announcement import Way
from config.errors import N_

ORDER_WAYS: dict[str, str] = {
    Way.POST: N_("given to the post"),
    Way.HANDED: N_("handed over"),
    Way.VERBAL: N_("by word of mouth"),
    Way.ELECTRONIC: N_("sent electronically"),
    Way.PORTAL: N_("fetched by the person after a login"),
}
PAPER_STATES: dict[str, str] = {
    PaperState.NONE: N_("no paper"),
    PaperState.DUE: N_("paper is being made"),
    PaperState.MADE: N_("to be printed"),
    PaperState.PRINTED: N_("printed"),
}
ORDER_WORK: dict[str, str] = {
    "verbal": N_("Not in writing yet"),
    "print": N_("To be printed"),
    "post": N_("Printed, not posted"),
    "unacknowledged": N_("Not acknowledged"),
    "lost": N_("Did not arrive"),
    "ending": N_("Ends within two days"),
    "waiting": N_("Paper waits"),
    "court": N_("Court matters"),
}
COURT_ACTIONS: dict[str, str] = {"open": N_("noted"), "end": N_("ended")}
OFFICE_FACTS: dict[str, str] = {
    "address": N_("Address"),
    "court": N_("Administrative court"),
    "signatory": N_("Who signs"),
}
