"""What the codes of requests for help and of named contacts are called. Part of `care.words`."""

from care.naming_rules import AlikeBy, NamedAction, NamedState
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
NAMED_STATES: dict[str, str] = {
    NamedState.NAMED: N_("to be looked for"),
    NamedState.ENROLLED: N_("in care"),
    NamedState.NOT_CONTACT: N_("no contact person"),
    NamedState.UNREACHABLE: N_("cannot be reached"),
}
NAMED_TONES: dict[str, str] = {
    NamedState.NAMED: "warning",
    NamedState.ENROLLED: "success",
    NamedState.NOT_CONTACT: "neutral",
    NamedState.UNREACHABLE: "neutral",
}
NAMED_ACTIONS: dict[str, str] = {
    NamedAction.ENROL: N_("Enrol"),
    NamedAction.SAME_CASE: N_("Is in care already"),
    NamedAction.NOT_REACHED: N_("Not reached"),
    NamedAction.GIVE_UP: N_("Give up"),
    NamedAction.NOT_CONTACT: N_("No contact person"),
    NamedAction.REOPEN: N_("Take up again"),
}
ALIKE_BY: dict[str, str] = {
    AlikeBy.PHONE: N_("the same phone"),
    AlikeBy.NAME_AND_BIRTH: N_("the same name and date of birth"),
    AlikeBy.NAME: N_("the same name"),
}
