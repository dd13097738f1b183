"""The closed lists of quarantine care. Pure: no flask, sqlalchemy or celery.

The values are what the API speaks and the database stores; changing one is a change for outsiders.
"""

from enum import StrEnum


class Kind(StrEnum):
    CONTACT = "contact"
    INDEX = "index"
    TRAVELLER = "traveller"


class Status(StrEnum):
    ENROLLED = "enrolled"
    INVITED = "invited"
    MONITORING = "monitoring"
    PAUSED = "paused"
    COMPLETED = "completed"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    LOST = "lost"
    HOSPITALISED = "hospitalised"
    DECEASED = "deceased"


OPEN_STATUSES = frozenset({Status.ENROLLED, Status.INVITED, Status.MONITORING, Status.PAUSED, Status.HOSPITALISED})
ASKED_STATUSES = frozenset({Status.ENROLLED, Status.INVITED, Status.MONITORING})  # only these get check-ins


class LineList(StrEnum):
    PAUSED = "paused"
    UNDER_INVESTIGATION = "under_investigation"
    SYMPTOMATIC = "symptomatic"
    REVIEW_REQUIRED = "review_required"
    NON_REPORTING = "non_reporting"
    ASYMPTOMATIC = "asymptomatic"
    REPORTING = "reporting"
    CLOSED = "closed"


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"
    NONE = "none"


class CloseReason(StrEnum):
    COMPLETED_MONITORING = "completed_monitoring"
    ENROLLED_ON_LAST_DAY = "enrolled_on_last_day"
    ENROLLED_PAST_END = "enrolled_past_end"
    NOT_REACHABLE = "not_reachable"
    NOT_A_CASE = "not_a_case"
    TRANSFERRED = "transferred"
    DECEASED = "deceased"
    DUPLICATE = "duplicate"
    OTHER = "other"


class Symptom(StrEnum):
    """What every protocol may ask; a protocol may add keys of its own."""

    FEVER = "fever"
    CHILLS = "chills"
    COUGH = "cough"
    DIFFICULTY_BREATHING = "difficulty_breathing"
    SHORTNESS_OF_BREATH = "shortness_of_breath"
    LOSS_OF_SMELL = "loss_of_smell"
    LOSS_OF_TASTE = "loss_of_taste"
    HEADACHE = "headache"
    SORE_THROAT = "sore_throat"
    MUSCLE_PAIN = "muscle_pain"
    FATIGUE = "fatigue"
    RUNNY_NOSE = "runny_nose"
    NAUSEA = "nausea"
    VOMITING = "vomiting"
    DIARRHOEA = "diarrhoea"
    RASH = "rash"


class FindingCode(StrEnum):
    FEVER = "fever"
    FIRST_CHARACTERISTIC_SYMPTOM = "first_characteristic_symptom"
    SUSPICIOUS_SYMPTOM = "suspicious_symptom"
    UNSPECIFIED_SYMPTOMS = "unspecified_symptoms"  # "yes", and not a word of which
    WORSENING = "worsening"
    MISSING_CHECK_IN = "missing_check_in"
    MISSING_DETAILS = "missing_details"
    MONITORING_ENDING = "monitoring_ending"
    ORDER_ENDING = "order_ending"
    UNREACHABLE = "unreachable"
    OPTED_OUT = "opted_out"


class FindingState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # an officer has reviewed the case since


class Reporter(StrEnum):
    SELF = "self"
    PROXY = "proxy"
    STAFF = "staff"


class ReportChannel(StrEnum):
    """How a report reached us."""

    LINK = "link"
    SMS = "sms"
    PHONE = "phone"  # entered by staff
    PAPER = "paper"  # entered by staff
    API = "api"
    ACCOUNT = "account"  # by somebody who is logged in and linked to the case


class Source(StrEnum):
    """How something that people say about their needs and contacts reached us."""

    LINK = "link"
    ACCOUNT = "account"
    PHONE = "phone"
    PAPER = "paper"
    API = "api"


class ReviewOutcome(StrEnum):
    DISMISSED = "dismissed"
    CONFIRMED = "confirmed"


class LabKind(StrEnum):
    PCR = "pcr"
    ANTIGEN = "antigen"
    OTHER = "other"


class LabOutcome(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"
    INDETERMINATE = "indeterminate"


class OrderEventKind(StrEnum):
    ISSUE_VERBAL = "issue_verbal"
    ISSUE_WRITTEN = "issue_written"
    EXTEND = "extend"
    SHORTEN = "shorten"
    LIFT = "lift"
    TAKE_BACK = "take_back"  # the house's own: an act on many was undone, and the order stands as before it


ORDER_STEPS = tuple(kind for kind in OrderEventKind if kind is not OrderEventKind.TAKE_BACK)
"""The steps that somebody can take."""


class OrderState(StrEnum):
    VERBAL = "verbal"
    WRITTEN = "written"
    AMENDED = "amended"
    LIFTED = "lifted"


RUNNING_ORDERS = frozenset(OrderState) - {OrderState.LIFTED}  # these hold until their last day


class TaskKind(StrEnum):
    """Why an officer has to look at a case."""

    SYMPTOMATIC = "symptomatic"
    REVIEW_REQUIRED = "review_required"
    ENDING_SYMPTOMATIC = "ending_symptomatic"  # the last day is over, but there are symptoms
    ENDING_INVESTIGATION = "ending_investigation"  # the last day is over, but an ordered action has not ended
    ENDING_SILENT = "ending_silent"  # the last day is over, but we have not heard from the person
    LINK_LOCKED = "link_locked"  # too many wrong birth dates
    UNREACHABLE = "unreachable"
    CODE_LOCKED = "code_locked"  # too many wrong birth dates with the code that links a login
    TAKEN_OVER = "taken_over"  # from another office
    TRANSFER_FAILED = "transfer_failed"  # the other office has refused the case, or not answered
    HEAD_IN_HOSPITAL = "head_in_hospital"  # nobody else can answer for the household
    WORSENING = "worsening"  # the reports are getting worse over the days
    ORDER_UNWRITTEN = "order_unwritten"  # ordered by word of mouth, and not confirmed in writing
    ORDER_LOST = "order_lost"  # the paper of an order came back, or never arrived
    ORDER_PAPER_FAILED = "order_paper_failed"  # its paper could not be made; done: it is tried again
    UNNOTICED = "unnoticed"  # and nobody has reviewed it in the time that the protocol gives


CERTIFICATE = "certificate"
"""Kind of the paper that says until when somebody was ordered to stay apart, or monitored."""


class LinkPurpose(StrEnum):
    CHECK_IN = "check_in"
    CERTIFICATE = "certificate"
    CONTACTS = "contacts"  # to name whom one has met


class RiskLevel(StrEnum):
    """How likely it is that the exposure led to an infection, as an officer judges it."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


class MonitoringPlan(StrEnum):
    """How closely a person is followed."""

    DAILY_ACTIVE = "daily_active"  # we ask every day
    SELF_SUPERVISED = "self_supervised"  # they watch themselves, the office looks at it
    SELF_DELEGATED = "self_delegated"  # they watch themselves, somebody else looks at it: a clinic, a home
    SELF_OBSERVATION = "self_observation"  # they come to us if something changes
    NONE = "none"


class AttemptMeans(StrEnum):
    """How somebody tried to reach a person."""

    PHONE = "phone"
    SMS = "sms"
    EMAIL = "email"
    LETTER = "letter"
    VISIT = "visit"


class AttemptOutcome(StrEnum):
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    BUSY = "busy"
    MESSAGE_LEFT = "message_left"  # with somebody else, or on an answering machine
    WRONG_ADDRESS = "wrong_address"  # this number or address is not theirs
    REFUSED = "refused"


IN_VAIN = frozenset(AttemptOutcome) - {AttemptOutcome.REACHED, AttemptOutcome.REFUSED}  # the person was not spoken to


class ExposureSetting(StrEnum):
    """Where people meet, as far as it matters for whom else to look for."""

    HOUSEHOLD = "household"
    WORK = "work"
    SCHOOL = "school"  # and day care
    HEALTH_CARE = "health_care"  # and homes for the old
    TRANSPORT = "transport"
    EVENT = "event"
    TRAVEL = "travel"
    OTHER = "other"


class CourseAction(StrEnum):
    """What becomes of a case beside being closed in the ordinary way."""

    HOSPITALISE = "hospitalise"
    DISCHARGE = "discharge"
    DIE = "die"
    LOSE = "lose"
    REOPEN = "reopen"
