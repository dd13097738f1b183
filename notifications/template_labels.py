"""Words for what templates have in common. Pure; the pages translate."""

from config.errors import N_
from notifications.statuses import Priority, Purpose

WINGS = {"care": N_("Quarantine care"), "notifications": N_("Free texts and answers"), "services": N_("City services")}
PRIORITIES = {
    Priority.URGENT: N_("first of all"),
    Priority.NORMAL: N_("normal"),
    Priority.BULK: N_("after all others"),
}
PURPOSES = {
    Purpose.LEGAL: N_("at any hour: it is a legal notice"),
    Purpose.WINDOW: N_("in the hours that the person has chosen"),
    Purpose.SLOT: N_("at its time of day"),
    Purpose.GENERAL: N_("not during quiet hours"),
}
