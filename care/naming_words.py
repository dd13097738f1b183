"""What the codes of named contacts and guests are called. Part of `care.words`."""

from care.naming_rules import AlikeBy, NamedAction, NamedState
from config.errors import N_

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
    AlikeBy.SOUND: N_("a similar name, and a fitting date of birth"),
    AlikeBy.EXTERNAL_ID: N_("the same external id"),
}
