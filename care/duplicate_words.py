"""What the codes of duplicates and merged cases are called. Part of `care.words`."""

from care.duplicate_rules import Because
from config.errors import N_

BECAUSE: dict[str, str] = {
    Because.EXTERNAL_ID: N_("the same external id"),
    Because.PHONE: N_("the same phone"),
    Because.NAME: N_("the same name"),
    Because.SOUND: N_("names that sound alike"),
    Because.BIRTH: N_("the same date of birth"),
    Because.BIRTH_SWAPPED: N_("day and month of birth have changed places"),
    Because.BIRTH_UNKNOWN: N_("a date of birth is not known"),
    Because.SEX: N_("the same sex"),
    Because.BIRTH_DIFFERS: N_("but different dates of birth"),
    Because.SEX_DIFFERS: N_("but different sexes"),
}
SEXES: dict[str, str] = {
    "female": N_("female"),
    "male": N_("male"),
    "diverse": N_("diverse"),
    "unknown": N_("not known"),
}
MERGE_FIELDS: dict[str, str] = {
    "given_name": N_("Given name"),
    "family_name": N_("Family name"),
    "birth_date": N_("Date of birth"),
    "sex": N_("Sex"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "address": N_("Address"),
    "locale": N_("Language"),
    "channel": N_("How do we write?"),
    "contact_window": N_("When do we ask?"),
    "timezone": N_("Time zone"),
    "kind": N_("What is this about?"),
    "status": N_("Status"),
    "external_id": N_("External id"),
    "last_exposure_on": N_("Last contact"),
    "entered_on": N_("Day of entry"),
    "symptom_onset_on": N_("Onset of symptoms"),
    "first_positive_on": N_("First positive sample"),
    "reported_on": N_("Reported to the health office"),
    "continuous_exposure": N_("Contact goes on"),
    "extended_until": N_("Monitoring extended until"),
    "shortening": N_("Monitoring shortened until"),
    "public_health_action": N_("Public-health action"),
    "order": N_("Order"),
    "risk_level": N_("Risk"),
    "monitoring_plan": N_("Plan"),
    "assigned": N_("Assigned to"),
    "follow_up": N_("Look at it again on"),
}
