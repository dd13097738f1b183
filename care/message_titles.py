"""What staff call the wing's messages; those that may go to many at once bring their title. Pure."""

from config.errors import N_

TITLES = {
    "care.invitation": N_("First message"),
    "care.check_in": N_("Question of the day"),
    "care.check_in_household": N_("Question of the day to the household"),
    "care.released": N_("End of monitoring"),
    "care.link_code": N_("Code for an account"),
    "care.name_contacts": N_("Questionnaire about contacts"),
    "care.digest": N_("Cases that wait for an assessment (to the office)"),
    "care.symptomatic_notice": N_("Symptoms reported (to the office)"),
}
