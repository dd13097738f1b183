"""What the codes of the course of a case are called: risk, plan, attempts, hospital and death. Part of `care.words`."""

from care.vocabulary import AttemptMeans, AttemptOutcome, CourseAction, ExposureSetting, MonitoringPlan, RiskLevel
from config.errors import N_

RISKS: dict[str, str] = {
    RiskLevel.HIGH: N_("high risk"),
    RiskLevel.MEDIUM: N_("medium risk"),
    RiskLevel.LOW: N_("low risk"),
    RiskLevel.NONE: N_("no risk known"),
}
PLANS: dict[str, str] = {
    MonitoringPlan.DAILY_ACTIVE: N_("We ask every day"),
    MonitoringPlan.SELF_SUPERVISED: N_("They watch themselves, the office looks at it"),
    MonitoringPlan.SELF_DELEGATED: N_("They watch themselves, somebody else looks at it"),
    MonitoringPlan.SELF_OBSERVATION: N_("They come to us if something changes"),
    MonitoringPlan.NONE: N_("no plan"),
}
MEANS: dict[str, str] = {
    AttemptMeans.PHONE: N_("by phone"),
    AttemptMeans.SMS: N_("by SMS"),
    AttemptMeans.EMAIL: N_("by e-mail"),
    AttemptMeans.LETTER: N_("by letter"),
    AttemptMeans.VISIT: N_("by a visit"),
}
ATTEMPTS: dict[str, str] = {
    AttemptOutcome.REACHED: N_("reached"),
    AttemptOutcome.NOT_REACHED: N_("not reached"),
    AttemptOutcome.BUSY: N_("busy"),
    AttemptOutcome.MESSAGE_LEFT: N_("message left"),
    AttemptOutcome.WRONG_ADDRESS: N_("number or address is not theirs"),
    AttemptOutcome.REFUSED: N_("does not want to talk"),
}
EXPOSURE_SETTINGS: dict[str, str] = {
    ExposureSetting.HOUSEHOLD: N_("household"),
    ExposureSetting.WORK: N_("work"),
    ExposureSetting.SCHOOL: N_("school, day care"),
    ExposureSetting.HEALTH_CARE: N_("hospital, practice, home"),
    ExposureSetting.TRANSPORT: N_("on the way: bus, train, aircraft"),
    ExposureSetting.EVENT: N_("event, celebration"),
    ExposureSetting.TRAVEL: N_("journey"),
    ExposureSetting.OTHER: N_("elsewhere"),
}
COURSE_ACTIONS: dict[str, str] = {
    CourseAction.HOSPITALISE: N_("The person came to hospital"),
    CourseAction.DISCHARGE: N_("The person left hospital"),
    CourseAction.DIE: N_("The person died"),
    CourseAction.LOSE: N_("The person can no longer be reached"),
    CourseAction.REOPEN: N_("The case is taken up again"),
}
FIELDS: dict[str, str] = {
    "last_exposure_on": N_("Last contact"),
    "symptom_onset_on": N_("Onset of symptoms"),
    "first_positive_on": N_("First positive sample"),
    "reported_on": N_("Reported to the health office"),
    "entered_on": N_("Day of entry"),
    "continuous_exposure": N_("The contact goes on"),
    "risk_level": N_("Risk"),
    "monitoring_plan": N_("Plan"),
    "assigned_to": N_("Assigned to"),
    "follow_up_on": N_("Look at it again on"),
    "follow_up_note": N_("Why"),
    "from_on": N_("First day"),
    "until_on": N_("Day, or last day"),
    "setting": N_("In which surroundings"),
    "place": N_("Where?"),
}
CALLS: dict[str, str] = {
    AttemptOutcome.REACHED: N_("Reached"),
    AttemptOutcome.NOT_REACHED: N_("Not reached"),
    AttemptOutcome.BUSY: N_("Busy"),
    AttemptOutcome.WRONG_ADDRESS: N_("Wrong number"),
}
