"""The words in which pages show care's codes. English msgids; the page translates them."""

from care.course_words import (
    ATTEMPTS as ATTEMPTS,
    CALLS as CALLS,
    COURSE_ACTIONS as COURSE_ACTIONS,
    EXPOSURE_SETTINGS as EXPOSURE_SETTINGS,
    FIELDS as FIELDS,
    MEANS as MEANS,
    PLANS as PLANS,
    RISKS as RISKS,
)
from care.duplicate_words import (
    BECAUSE as BECAUSE,
    SEXES as SEXES,
)
from care.guardianship import BASES, WAYS
from care.naming_words import (
    ALIKE_BY as ALIKE_BY,
    NAMED_ACTIONS as NAMED_ACTIONS,
    NAMED_STATES as NAMED_STATES,
    NAMED_TONES as NAMED_TONES,
)
from care.support_words import (
    OWN_SUPPORT_STATES as OWN_SUPPORT_STATES,
    SOURCES as SOURCES,
    SUPPORT_ACTIONS as SUPPORT_ACTIONS,
    SUPPORT_KINDS as SUPPORT_KINDS,
    SUPPORT_STATES as SUPPORT_STATES,
    SUPPORT_TONES as SUPPORT_TONES,
)
from care.vocabulary import (
    CloseReason,
    FindingCode,
    Kind,
    LabKind,
    LabOutcome,
    LineList,
    OrderEventKind,
    OrderState,
    Status,
    TaskKind,
)
from config.errors import N_

LINK_BASES: dict[str, str] = {basis.value: text for basis, text in BASES.items()}
CODE_WAYS: dict[str, str] = {way.value: text for way, text in WAYS.items()}

KINDS: dict[str, str] = {
    Kind.CONTACT: N_("Contact person"),
    Kind.INDEX: N_("Infected person"),
    Kind.TRAVELLER: N_("Traveller"),
}
LINE_LISTS: dict[str, str] = {
    LineList.UNDER_INVESTIGATION: N_("Under investigation"),
    LineList.SYMPTOMATIC: N_("Symptomatic"),
    LineList.REVIEW_REQUIRED: N_("Review required"),
    LineList.NON_REPORTING: N_("Not reporting"),
    LineList.ASYMPTOMATIC: N_("Asymptomatic"),
    LineList.REPORTING: N_("Reporting"),
    LineList.PAUSED: N_("Paused"),
    LineList.CLOSED: N_("Closed"),
}
TONES: dict[str, str] = {
    LineList.UNDER_INVESTIGATION: "warning",
    LineList.SYMPTOMATIC: "danger",
    LineList.REVIEW_REQUIRED: "warning",
    LineList.NON_REPORTING: "warning",
    LineList.ASYMPTOMATIC: "success",
    LineList.REPORTING: "success",
    LineList.PAUSED: "neutral",
    LineList.CLOSED: "neutral",
}
STATUSES: dict[str, str] = {
    Status.ENROLLED: N_("enrolled"),
    Status.INVITED: N_("invited"),
    Status.MONITORING: N_("monitored"),
    Status.PAUSED: N_("paused"),
    Status.COMPLETED: N_("completed"),
    Status.CLOSED: N_("closed"),
    Status.TRANSFERRED: N_("transferred"),
    Status.LOST: N_("lost"),
    Status.HOSPITALISED: N_("in hospital"),
    Status.DECEASED: N_("deceased"),
}
CLOSE_REASONS: dict[str, str] = {
    CloseReason.COMPLETED_MONITORING: N_("Monitoring completed"),
    CloseReason.ENROLLED_ON_LAST_DAY: N_("Enrolled on the last day"),
    CloseReason.ENROLLED_PAST_END: N_("Enrolled after the end of the period"),
    CloseReason.NOT_REACHABLE: N_("Not reachable"),
    CloseReason.NOT_A_CASE: N_("Not a case"),
    CloseReason.TRANSFERRED: N_("Handed to another office"),
    CloseReason.DECEASED: N_("Deceased"),
    CloseReason.DUPLICATE: N_("Duplicate"),
    CloseReason.OTHER: N_("Other reason"),
}
FINDINGS: dict[str, str] = {
    FindingCode.FEVER: N_("Fever"),
    FindingCode.FIRST_CHARACTERISTIC_SYMPTOM: N_("First characteristic symptom"),
    FindingCode.SUSPICIOUS_SYMPTOM: N_("Suspicious symptom"),
    FindingCode.UNSPECIFIED_SYMPTOMS: N_("Symptoms, not said which"),
    FindingCode.WORSENING: N_("Getting worse"),
    FindingCode.MISSING_CHECK_IN: N_("Check-in missing"),
    FindingCode.MISSING_DETAILS: N_("Details missing"),
    FindingCode.MONITORING_ENDING: N_("Monitoring ends soon"),
    FindingCode.ORDER_ENDING: N_("Order ends soon"),
    FindingCode.UNREACHABLE: N_("Cannot be reached"),
    FindingCode.OPTED_OUT: N_("Wants no messages"),
}
TASKS: dict[str, str] = {
    TaskKind.SYMPTOMATIC: N_("Review symptoms"),
    TaskKind.REVIEW_REQUIRED: N_("Decide about the end of isolation"),
    TaskKind.ENDING_SYMPTOMATIC: N_("Period over, but with symptoms"),
    TaskKind.ENDING_INVESTIGATION: N_("Period over, but under investigation"),
    TaskKind.ENDING_SILENT: N_("Period over, but not heard from"),
    TaskKind.LINK_LOCKED: N_("Link locked after wrong dates of birth"),
    TaskKind.UNREACHABLE: N_("Find another way to reach the person"),
    TaskKind.CODE_LOCKED: N_("Code for the account locked after wrong dates of birth"),
    TaskKind.TAKEN_OVER: N_("Taken over from another health office"),
    TaskKind.TRANSFER_FAILED: N_("The other health office does not take the case"),
    TaskKind.HEAD_IN_HOSPITAL: N_("In hospital, and nobody else answers for the household"),
    TaskKind.WORSENING: N_("Getting worse: review soon"),
    TaskKind.UNNOTICED: N_("Getting worse, and nobody has reacted"),
    TaskKind.ORDER_UNWRITTEN: N_("Confirm the order in writing"),
    TaskKind.ORDER_LOST: N_("Deliver the order anew: it did not arrive"),
    TaskKind.ORDER_PAPER_FAILED: N_("Paper of the order could not be made; when done, it is tried again"),
}
ORDER_EVENTS: dict[str, str] = {
    OrderEventKind.ISSUE_VERBAL: N_("Order by word of mouth"),
    OrderEventKind.ISSUE_WRITTEN: N_("Order in writing"),
    OrderEventKind.EXTEND: N_("Extend"),
    OrderEventKind.SHORTEN: N_("Shorten"),
    OrderEventKind.LIFT: N_("Lift"),
    OrderEventKind.TAKE_BACK: N_("Step of the order taken back"),
}
ORDER_STATES: dict[str, str] = {
    OrderState.VERBAL: N_("ordered by word of mouth"),
    OrderState.WRITTEN: N_("ordered in writing"),
    OrderState.AMENDED: N_("amended"),
    OrderState.LIFTED: N_("lifted"),
}
CHANNELS: dict[str, str] = {"sms": N_("SMS"), "email": N_("E-mail"), "none": N_("no messages")}
REPORT_CHANNELS: dict[str, str] = {
    "link": N_("by link"),
    "sms": N_("by SMS"),
    "phone": N_("by phone"),
    "paper": N_("on paper"),
    "api": N_("by another system"),
    "account": N_("in their account"),
}
WINDOWS: dict[str, str] = {
    "unset": N_("no wish"),
    "morning": N_("in the morning"),
    "afternoon": N_("in the afternoon"),
    "evening": N_("in the evening"),
}
EVENTS: dict[str, str] = {
    "enrolled": N_("Taken into care"),
    "listed": N_("Moved to another list"),
    "asked": N_("Asked for a report"),
    "reported": N_("Report received"),
    "reviewed": N_("Reviewed"),
    "lab_result": N_("Laboratory result"),
    "lab_result_removed": N_("Laboratory result taken away"),
    "action": N_("Public-health action"),
    "extended": N_("Monitoring extended"),
    "shortened": N_("Monitoring shortened"),
    "protocol": N_("Moved to another protocol"),
    "preferences": N_("Wishes changed"),
    "order": N_("Order"),
    "order_given": N_("Order given away"),
    "order_lost": N_("Order did not arrive"),
    "order_acknowledged": N_("Order acknowledged by the person"),
    "court_matter": N_("Matter for the court"),
    "closed": N_("Closed"),
    "transferred": N_("Handed over to another health office"),
    "transfer_offered": N_("Offered to another health office"),
    "transfer_refused": N_("Not taken by the other health office"),
    "transfer_withdrawn": N_("Offer to another health office withdrawn"),
    "transfer_expired": N_("The other health office has not answered"),
    "merged": N_("Another case has gone into this one"),
    "merged_into": N_("Gone into another case"),
    "reopened": N_("Reopened"),
    "opted_out": N_("Wants no more messages"),
    "opted_in": N_("Wants messages again"),
    "not_reached": N_("Message did not arrive"),
    "task_done": N_("Task done"),
    "link_code_issued": N_("Code for an account issued"),
    "linked": N_("Account linked"),
    "unlinked": N_("Account no longer linked"),
    "converted": N_("Converted"),
    "dates_corrected": N_("Dates corrected"),
    "person_corrected": N_("Person corrected"),
    "report_corrected": N_("Report corrected"),
    "vaccination": N_("Vaccination"),
    "travel": N_("Journey"),
    "exposure": N_("Exposure"),
    "exposure_changed": N_("Exposure changed"),
    "exposure_removed": N_("Exposure taken away"),
    "details": N_("Way of working changed"),
    "commented": N_("Comment"),
    "comment_edited": N_("Comment edited"),
    "attempt": N_("Attempt to reach the person"),
    "household_joined": N_("Moved to a household"),
    "household_left": N_("Answers for themselves again"),
    "household_headed": N_("Answers for the household now"),
    "course_hospitalise": N_("Came to hospital"),
    "course_discharge": N_("Left hospital"),
    "course_die": N_("Died"),
    "course_lose": N_("Lost: no longer to be reached"),
    "course_reopen": N_("Taken up again"),
    "support_asked": N_("Help asked for"),
    "contacts_asked": N_("Questionnaire about contacts sent"),
    "contacts_named": N_("Contacts named"),
    "contacts_finished": N_("All contacts named"),
    "contact": N_("Named contact"),
    "named_by": N_("Named as a contact"),
    "at_occasion": N_("Was at an occasion"),
    "support": N_("Request for help"),
    "written": N_("Message written"),
    "bulk_act": N_("Done for many cases at once"),
    "bulk_undone": N_("Act on many cases taken back"),
}
RULES: dict[str, str] = {
    "paused": N_("The case is paused."),
    "head_opted_out": N_("Whoever answers for this person wants no messages any more."),
    "public_health_action": N_("A public-health action is running."),
    "symptomatic.onset_known": N_("The onset of symptoms is known: {onset_on}."),
    "symptomatic.symptom_group_1": N_("A report named a symptom that suffices by itself."),
    "symptomatic.symptom_group_2": N_("A report named several general symptoms."),
    "symptomatic.symptoms_not_specified": N_("The person has symptoms and did not say which."),
    "symptomatic.measured_fever": N_("A fever of {temperature_c} °C was measured."),
    "review_required.without_symptoms": N_("No symptoms, and the first positive sample was long enough ago."),
    "review_required.recovered": N_("The onset was long enough ago, and there is no fever any more."),
    "review_required.negative_tests": N_("Enough negative tests, and no fever any more."),
    "silent": N_("Nothing was heard for {limit_hours} hours or longer."),
    "heard_from": N_("The person was heard from within {limit_hours} hours, and no other rule applies."),
    "closed": N_("The case is closed."),
}
FINDING_REASONS: dict[str, str] = {
    "fever": N_("{temperature_c} °C measured; the limit is {limit_c} °C."),
    "first_characteristic_symptom": N_("First named then: {symptoms}."),
    "suspicious_symptom": N_("In the newest report: {symptoms}."),
    "unspecified_symptoms": N_("The newest report says that there are symptoms, and not which."),
    "worsening.symptoms": N_("{now} symptoms; {before} on the best of the last {days} days."),
    "worsening.temperature": N_("{now} °C; {before} °C on the best of the last {days} days."),
    "missing_check_in": N_("Not answered: {slots}."),
    "missing_details": N_("Not known: {details}."),
    "monitoring_ending": N_("Last day: {last_day}."),
    "order_ending": N_("Last day: {last_day}."),
}
DATES: dict[str, str] = {
    "last_exposure_on": N_("last contact"),
    "symptom_onset_on": N_("onset of symptoms"),
    "first_positive_on": N_("first positive sample"),
    "reported_on": N_("report to the health office"),
    "entered_on": N_("day of entry"),
}
SLOTS: dict[str, str] = {"morning": N_("morning"), "evening": N_("evening")}
SAMPLES: dict[str, str] = {"pcr": N_("PCR"), "antigen": N_("antigen test"), "other": N_("other test")}
DETAILS: dict[str, str] = {
    "birth_date": N_("date of birth"),
    "phone": N_("phone number"),
    "email": N_("e-mail address"),
    **DATES,
}
OWN_STATUSES: dict[str, str] = {
    Status.ENROLLED: N_("The health office looks after you and will write to you soon."),
    Status.INVITED: N_("The health office looks after you and asks every day how you are."),
    Status.MONITORING: N_("The health office looks after you and asks every day how you are."),
    Status.PAUSED: N_("The health office does not ask you at the moment."),
    Status.HOSPITALISED: N_("You are in hospital; the health office does not ask you at the moment."),
    Status.COMPLETED: N_("Your time with the health office is over."),
    Status.CLOSED: N_("The health office has closed your case."),
    Status.TRANSFERRED: N_("Another health office has taken over your case."),
    Status.LOST: N_("The health office could not reach you and has closed your case."),
    Status.DECEASED: N_("The case is closed."),
}
REVIEWS: dict[str, str] = {"dismissed": N_("not the disease"), "confirmed": N_("confirmed")}
LAB_KINDS: dict[str, str] = {
    LabKind.PCR: N_("PCR test"),
    LabKind.ANTIGEN: N_("antigen test"),
    LabKind.OTHER: N_("another test"),
}
LAB_OUTCOMES: dict[str, str] = {
    LabOutcome.POSITIVE: N_("positive"),
    LabOutcome.NEGATIVE: N_("negative"),
    LabOutcome.INDETERMINATE: N_("indeterminate"),
}
LAB_TONES: dict[str, str] = {
    LabOutcome.POSITIVE: "danger",
    LabOutcome.NEGATIVE: "success",
    LabOutcome.INDETERMINATE: "neutral",
}
