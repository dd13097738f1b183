"""Sara Alert: line lists, isolation and its review, automatic closing, duplicates, households (14 days, v2)."""

from tests.integration.peers.replay import Script, at, day, do, say, see

MODEL = "SaraAlert/SaraAlert test/models/patient_test.rb"
CLOSE = "SaraAlert/SaraAlert test/jobs/close_patients_job_test.rb"
CONSUME = "SaraAlert/SaraAlert test/jobs/consume_assessments_job_test.rb"
NOON = at(0, "12:00")
INDEX = {"kind": "index", "last_exposure_on": None, "enrolled_at": at(-14, "09:00").isoformat()}


def exposure(test: str, title: str, *steps, **case) -> Script:
    return Script(f"{MODEL}, {test}", title, steps, {"enrolled_at": at(0, "09:00").isoformat()} | case)


def isolation(test: str, title: str, *steps, **case) -> Script:
    return Script(f"{MODEL}, {test}", title, steps, INDEX | case)


def closing(title: str, *steps, exposed: int | None = -20, enrolled: int = 0, source: str = CLOSE, **case) -> Script:
    """Somebody who was exposed and enrolled on these days."""
    exposed_on = None if exposed is None else day(exposed)
    given = {"last_exposure_on": exposed_on, "enrolled_at": at(enrolled, "08:00").isoformat(), **case}
    return Script(f"{source}, closing", title, steps, given)


def positive(number: int):
    return do(NOON, "lab-results", 201, kind="pcr", result="positive", sampled_on=day(number))


def negative(number: int):
    return do(NOON, "lab-results", 201, kind="pcr", result="negative", sampled_on=day(number))


def back(number: int, *present: str, clock: str = "09:00", **more):
    """A report that is entered at noon of day 0 and dated back."""
    return say(NOON, *present, said_at=at(number, clock), **more)


LATER = at(0, "12:01")
EXPOSURE = [
    exposure("exposure non reporting", "24 h after the enrolment",
        see(at(1, "08:59"), line_list="asymptomatic", rule="heard_from"),
        see(at(1, "09:01"), line_list="non_reporting", rule="silent")),
    exposure("exposure asymptomatic", "24 h after the report",
        say(at(0, "10:00")), see(at(1, "09:59"), line_list="asymptomatic"),
        see(at(1, "10:01"), line_list="non_reporting")),
    exposure("exposure non reporting", "enrolled 25 h ago", see(at(0, "09:01"), line_list="non_reporting"),
        enrolled_at=at(-1, "08:00").isoformat()),
    exposure("exposure asymptomatic", "enrolled 25 h ago, reports now", say(at(0, "09:01")),
        see(at(0, "09:02"), line_list="asymptomatic"), enrolled_at=at(-1, "08:00").isoformat()),
    exposure("exposure non reporting", "report of 25 h ago", say(at(0, "09:01"), said_at=at(-1, "08:00")),
        see(at(0, "09:02"), line_list="non_reporting"), enrolled_at=at(-1, "08:00").isoformat()),
    exposure("exposure symptomatic", "symptomatic stays so", say(at(0, "10:00"), "cough"),
        see(at(0, "10:01"), line_list="symptomatic"), say(at(0, "18:00")),
        see(at(1, "19:00"), line_list="symptomatic")),
    exposure("exposure symptomatic", "symptomatic 25 h ago", say(at(0, "09:01"), "cough", said_at=at(-1, "08:00")),
        see(at(0, "09:02"), line_list="symptomatic"), enrolled_at=at(-1, "08:00").isoformat()),
    exposure("exposure under investigation", "a public-health action",
        do(at(0, "10:00"), "actions", action="recommended_laboratory_testing"),
        see(at(0, "10:01"), line_list="under_investigation"), do(at(0, "10:02"), "actions", action="none"),
        see(at(0, "10:03"), line_list="asymptomatic")),
    exposure("exposure under investigation", "an action comes before symptoms", say(at(0, "10:00"), "cough"),
        do(at(0, "10:01"), "actions", action="recommended_laboratory_testing"),
        see(at(0, "10:02"), line_list="under_investigation")),
    exposure("report eligibility", "paused comes before all", say(at(0, "10:00"), "cough"),
        do(at(0, "10:01"), "preferences", paused=True), see(at(0, "10:02"), line_list="paused", next_check_in_at=None),
        do(at(0, "10:03"), "preferences", paused=False), see(at(0, "10:04"), line_list="symptomatic")),
    exposure("exposure symptomatic", "a dismissed review", say(at(0, "10:00"), "cough"),
        do(at(0, "10:05"), "reviews", 201, outcome="dismissed", note="hay fever"),
        see(at(0, "10:06"), line_list="asymptomatic"), say(at(0, "18:00"), "cough"),
        see(at(0, "18:01"), line_list="symptomatic")),
    exposure("exposure symptomatic", "a confirmed review", say(at(0, "10:00"), "cough"),
        do(at(0, "10:05"), "reviews", 201, outcome="confirmed", note=""), say(at(0, "18:00")),
        see(at(0, "18:01"), line_list="symptomatic")),
    exposure("update handles symptom_onset change", "an onset that was set outlives a dismissal",
        see(at(0, "10:00"), line_list="symptomatic", rule="symptomatic.onset_known"),
        do(at(0, "10:05"), "reviews", 201, outcome="dismissed", note=""),
        see(at(0, "10:06"), line_list="symptomatic"), do(at(0, "10:07"), "dates", symptom_onset_on=None),
        see(at(0, "10:08"), line_list="asymptomatic"), symptom_onset_on=day(-1)),
    exposure("exposure symptomatic", "fever alone, felt", say(at(0, "10:00"), "fever"),
        see(at(0, "10:01"), line_list="asymptomatic")),
    exposure("exposure symptomatic", "fever and chills", say(at(0, "10:00"), "fever", "chills"),
        see(at(0, "10:01"), line_list="symptomatic")),
    exposure("exposure symptomatic", "a yes by text message", do(at(0, "10:00"), "reply", text="ja"),
        see(at(0, "10:01"), line_list="symptomatic", rule="symptomatic.symptoms_not_specified")),
    exposure("exposure asymptomatic", "a no by text message", do(at(0, "10:00"), "reply", text="nein"),
        see(at(1, "09:59"), line_list="asymptomatic"), see(at(1, "10:02"), line_list="non_reporting")),
]  # fmt: skip
ISOLATION = [
    isolation("isolation asymp non test based", "positive 6 days ago, well since", see(at(0, "11:00"),
        line_list="non_reporting"), positive(-6), back(-3),
        see(LATER, line_list="review_required", rule="review_required.without_symptoms")),
    isolation("isolation asymp non test based", "positive 4 days ago, 5 at midnight", positive(-4), back(-3),
        see(LATER, line_list="non_reporting"), see(at(0, "23:59"), line_list="non_reporting"),
        see(at(1, "00:01"), line_list="review_required")),
    isolation("isolation asymp non test based", "the first of two positives counts", positive(-6), positive(-3),
        back(-3),
        see(LATER, line_list="review_required")),
    isolation("isolation asymp non test based", "an early negative does not count", negative(-6), positive(-3),
        back(-2),
        see(LATER, line_list="non_reporting")),
    isolation("isolation asymp non test based", "no report, no review", positive(-6),
        see(LATER, line_list="non_reporting")),
    isolation("isolation asymp non test based", "symptoms after the positive sample", positive(-6), back(-3, "cough"),
        see(LATER, line_list="non_reporting")),
    isolation("isolation asymp non test based", "symptoms before the positive sample", back(-6, "cough"), positive(-5),
        see(LATER, line_list="review_required", rule="review_required.recovered")),
    isolation("isolation symp non test based", "onset long ago", back(-11, "cough"),
        see(LATER, line_list="review_required", rule="review_required.recovered"), symptom_onset_on=day(-12)),
    isolation("isolation symp non test based", "fever more than 24 hours ago", back(-2, "fever"),
        see(LATER, line_list="review_required"), symptom_onset_on=day(-12)),
    isolation("isolation symp non test based", "fever 22 hours ago, 24 h ± 1 min", back(-1, "fever", clock="14:00"),
        see(LATER, line_list="reporting"), say(at(0, "13:00")), see(at(0, "13:59"), line_list="reporting"),
        see(at(0, "14:01"), line_list="review_required"), symptom_onset_on=day(-12)),
    isolation("isolation symp non test based", "a fever reducer 21 hours ago",
        back(-1, clock="15:00", fever_reducer=True),
        see(LATER, line_list="reporting"), see(at(0, "15:01"), line_list="review_required"), symptom_onset_on=day(-12)),
    isolation("isolation symp non test based", "onset 4 days ago", back(-1, "cough", clock="18:00"),
        see(LATER, line_list="reporting"), see(at(1, "00:01"), line_list="review_required"), symptom_onset_on=day(-4)),
    isolation("isolation test based", "a report and two negatives", back(-50), negative(-50), negative(-50),
        see(LATER, line_list="review_required", rule="review_required.negative_tests"),
        enrolled_at=at(0, "09:00").isoformat()),
    isolation("isolation test based", "two negatives without a report", negative(-2), negative(-1),
        see(LATER, line_list="reporting"), enrolled_at=at(0, "09:00").isoformat()),
    isolation("isolation test based", "one negative only", back(0), negative(-1), see(LATER, line_list="reporting"),
        enrolled_at=at(0, "09:00").isoformat()),
    isolation("isolation test based", "two negatives, but fever", negative(-2), negative(-1), say(NOON, "fever"),
        see(LATER, line_list="reporting"), see(at(1, "11:59"), line_list="reporting"),
        see(at(1, "12:01"), line_list="review_required"), enrolled_at=at(0, "09:00").isoformat()),
    isolation("isolation reporting", "enrolled 16 hours ago", see(at(0, "09:01"), line_list="reporting"),
        enrolled_at=at(-1, "17:00").isoformat()),
    isolation("isolation reporting", "symptomatic 18 hours ago", back(-1, "cough", clock="18:00"),
        see(LATER, line_list="reporting")),
    isolation("isolation non reporting", "symptomatic 28 hours ago", back(-1, "cough", clock="08:00"),
        see(LATER, line_list="non_reporting")),
    isolation("update handles workflow change", "an extension that ends before monitoring does",
        see(at(0, "11:00"), line_list="review_required"), do(NOON, "extensions", 201, until=day(1)),
        see(LATER, line_list="non_reporting", ends_on=day(8)), see(at(1, "23:59"), line_list="non_reporting"),
        see(at(2, "00:01"), line_list="review_required"), symptom_onset_on=day(-6)),
    isolation("update handles workflow change", "an extension beyond the end",
        do(NOON, "extensions", 201, until=day(12)),
        see(LATER, line_list="non_reporting", ends_on=day(12)), symptom_onset_on=day(-6)),
]  # fmt: skip
CLOSING = [
    closing("through 24:00 of the last day", see(at(0, "23:00"), line_list="asymptomatic"), say(at(1, "10:00")),
        see(at(1, "23:59"), status="monitoring", line_list="asymptomatic"),
        see(at(2, "00:01"), status="completed", close_reason="completed_monitoring", line_list="closed"),
        exposed=-13, enrolled=0),
    closing("no date of exposure", say(at(0, "10:00")), see(at(0, "10:01"), close_reason="completed_monitoring"),
        exposed=None, enrolled=-20),
    closing("enrolled in time, reports past the end", see(at(0, "09:01"), status="invited", line_list="non_reporting"),
        say(at(0, "10:00")), see(at(0, "10:01"), status="completed", close_reason="completed_monitoring"), enrolled=-7),
    closing("enrolled past the end", see(at(0, "09:01"), close_reason="enrolled_past_end", line_list="closed")),
    closing("enrolled on the last day", say(at(0, "10:00")), see(at(0, "23:59"), status="monitoring"),
        see(at(1, "00:01"), close_reason="enrolled_on_last_day"), exposed=-14),
    closing("symptomatic people stay", say(at(0, "10:00"), "cough"), see(at(2, "10:00"), line_list="symptomatic"),
        exposed=-14, enrolled=-3),
    closing("an onset that was set stays", say(at(0, "10:00")), see(at(2, "10:00"), line_list="symptomatic"),
        exposed=-14, enrolled=-3, symptom_onset_on=day(-1)),
    closing("under investigation stays", do(at(0, "09:30"), "actions", action="recommended_laboratory_testing"),
        say(at(0, "10:00")), see(at(2, "10:00"), line_list="under_investigation"), exposed=-14, enrolled=-3),
    closing("continuous exposure never closes", say(at(0, "10:00")), say(at(20, "10:00")),
        see(at(20, "10:01"), status="monitoring", line_list="asymptomatic", ends_on=None),
        see(at(60, "10:00"), line_list="non_reporting"), exposed=-20, enrolled=-15, continuous_exposure=True),
    closing("silent for two days", say(at(0, "10:00"), said_at=at(-2, "09:00")),
        see(at(1, "10:00"), status="monitoring", line_list="non_reporting"), exposed=-15, enrolled=-2 - 1),
    closing("never reported",
        see(at(1, "10:00"), status="invited", line_list="non_reporting"), exposed=-14, enrolled=-2),
    closing("still within the period", say(at(0, "10:00")), see(at(0, "10:01"), status="monitoring"), exposed=-2),
    closing("30 days without activity", see(at(29, "09:00"), line_list="non_reporting"),
        see(at(30, "08:00"), line_list="non_reporting"),
        see(at(30, "10:00"), status="lost", close_reason="not_reachable"), exposed=-1, source=MODEL),
    closing("30 days without activity, in isolation", see(at(35, "09:00"), line_list="non_reporting"),
        kind="index", exposed=None, first_positive_on=day(-1), source=MODEL),
    closing("activity counts anew", say(at(20, "10:00")), see(at(21, "09:00"), close_reason="completed_monitoring"),
        exposed=-1, source=MODEL),
    closing("closed stays closed", do(at(0, "10:00"), "close", reason="other"), say(at(0, "10:01"), status=409),
        see(at(0, "10:02"), status="closed", close_reason="other", next_check_in_at=None), exposed=-1, source=MODEL),
]  # fmt: skip
REPORTS = [
    Script(f"{CONSUME}, submitted recently", "the same within 15 minutes", (
        say(at(0, "10:00"), "cough", status=201), say(at(0, "10:14"), "cough", status=200),
        say(at(0, "10:16"), "cough", status=201))),
    Script(f"{CONSUME}, submitted recently", "another answer within 15 minutes is not lost", (
        say(at(0, "10:00"), status=201), say(at(0, "10:05"), "cough", status=201),
        see(at(0, "10:06"), line_list="symptomatic"))),
    Script(f"{CONSUME}, bad json", "nothing said", (do(at(0, "10:00"), "reports", 422),)),
    Script(f"{CONSUME}, no threshold condition", "unknown symptoms", (say(at(0, "10:00"), "green_ears", status=422),)),
    Script(f"{CONSUME}, reported symptoms", "future reports", (say(at(0, "10:00"), said_at=at(1, "10:00"),
        status=422),)),
    Script(f"{CONSUME}, generic assessment with dependents", "head of a household", (
        see(at(0, "13:00"), line_list="asymptomatic"),)),
    Script(f"{CONSUME}, generic assessment with dependents", "a dependent", (
        see(at(0, "11:00"), head="<head of a household>"),
        see(at(0, "13:00"), line_list="asymptomatic")),
        case={"household_of": "<head of a household>"}, begins=at(0, "09:05")),
]  # fmt: skip
SCRIPTS = [*EXPOSURE, *ISOLATION, *CLOSING, *REPORTS]
