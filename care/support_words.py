"""What the codes of requests for help are called. Part of `care.words`."""

from care.support_rules import SupportAction, SupportKind, SupportState
from care.vocabulary import Source
from config.errors import N_

SUPPORT_KINDS: dict[str, str] = {
    SupportKind.FOOD: N_("Food and things for every day"),
    SupportKind.MEDICINE: N_("Medicine"),
    SupportKind.INTERPRETER: N_("Somebody who interprets"),
    SupportKind.CHILDREN: N_("Care for children"),
    SupportKind.ANIMALS: N_("Care for animals"),
    SupportKind.OTHER: N_("Something else"),
}
SUPPORT_STATES: dict[str, str] = {
    SupportState.OPEN: N_("not taken on yet"),
    SupportState.TAKEN: N_("taken on"),
    SupportState.DONE: N_("met"),
    SupportState.DECLINED: N_("declined"),
}
SUPPORT_TONES: dict[str, str] = {
    SupportState.OPEN: "warning",
    SupportState.TAKEN: "info",
    SupportState.DONE: "success",
    SupportState.DECLINED: "neutral",
}
OWN_SUPPORT_STATES: dict[str, str] = {
    SupportState.OPEN: N_("The health office has it."),
    SupportState.TAKEN: N_("Somebody is taking care of it."),
    SupportState.DONE: N_("This has been done."),
    SupportState.DECLINED: N_("The health office cannot do this."),
}
SUPPORT_ACTIONS: dict[str, str] = {
    SupportAction.TAKE: N_("Take on"),
    SupportAction.GIVE_BACK: N_("Give back"),
    SupportAction.FINISH: N_("Met"),
    SupportAction.DECLINE: N_("Decline"),
    SupportAction.REOPEN: N_("Take up again"),
}
SOURCES: dict[str, str] = {
    Source.LINK: N_("by link"),
    Source.ACCOUNT: N_("in their account"),
    Source.PHONE: N_("by phone"),
    Source.PAPER: N_("on paper"),
    Source.API: N_("by another system"),
}
