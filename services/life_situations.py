"""Life situations as people read them: name, what lies behind, and a picture. Pure."""

from dataclasses import dataclass

from config.errors import N_
from services.definition_parts import LifeSituation as L


@dataclass(frozen=True)
class Words:
    """Msgids of a situation, and the name of its icon."""

    title: str
    text: str
    icon: str


SITUATIONS: dict[L, Words] = {
    L.MOVING: Words(N_("Moving house"), N_("Registering, a new address, certificates"), "home"),
    L.FAMILY: Words(N_("Family and children"), N_("Day care, support, certificates"), "account-circle"),
    L.DRIVING: Words(N_("Driving and parking"), N_("Permits for your car and your street"), "arrow-forward"),
    L.ANIMALS: Words(N_("Animals"), N_("Registering your dog and what it costs"), "checklist"),
    L.WASTE: Words(N_("Waste and recycling"), N_("Bulky waste, bins, collection days"), "autorenew"),
    L.PUBLIC_SPACE: Words(N_("Streets and parks"), N_("Report what is broken or dirty"), "warning"),
    L.HEALTH_AND_WORK: Words(N_("Health and work"), N_("Quarantine, compensation, certificates"), "add"),
    L.LEARNING: Words(N_("Learning and culture"), N_("Library and courses"), "draft"),
    L.TAXES: Words(N_("Taxes and charges"), N_("Registering, changing, paying"), "edit"),
    L.INFORMATION: Words(N_("Information and your rights"), N_("See files, ask the administration"), "info"),
}
