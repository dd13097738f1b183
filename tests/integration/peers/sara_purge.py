"""Sara Alert: what is purged, counted from the last change of the closed record (here fourteen days, as there)."""

from tests.integration.peers.replay import Script, Step, at, day, do, say, see

PURGE = "SaraAlert/SaraAlert test/jobs/purge_job_test.rb"
MODEL = "SaraAlert/SaraAlert test/models/patient_test.rb"
WELL, CLOSED = say(at(0, "10:00")), do(at(0, "10:05"), "close", reason="other")


def told(number: int, count: int) -> Step:
    """How many reports the house still knows at noon of this day."""
    return Step(at(number, "12:00"), "told", {"reports": count})


WHEN = at(0, "10:01")
GONE = {"comments": [], "contact_attempts": [], "vaccinations": [], "travel": []}


SCRIPTS = [
    Script(f"{PURGE}, nils out everything but kept attributes", "all that was noted of the course goes along", (
        WELL, do(WHEN, "lab-results", 201, kind="pcr", result="negative", sampled_on=day(0)),
        do(WHEN, "comments", text="Called back"), do(WHEN, "contact-attempts", means="phone", outcome="busy"),
        do(WHEN, "vaccinations", vaccine="MMR", dose=2), do(WHEN, "travel", place="Malmö"), CLOSED,
        told(13, 1), see(at(16, "12:01"), **GONE, symptom_onset_on=None, last_exposure_on=None), told(16, 0))),
    Script(f"{MODEL}, purge eligible", "purged after fourteen days", (WELL, CLOSED, told(13, 1), told(16, 0))),
    Script(f"{MODEL}, purge eligible", "updated since: fourteen days from then", (
        WELL, CLOSED, do(at(10, "09:00"), "comments", text="called back"), told(16, 1), told(23, 1), told(26, 0))),
    Script(f"{MODEL}, purge eligible", "still monitored: never purged", (WELL, told(60, 1)),
        {"continuous_exposure": True}),
    Script(f"{PURGE}, heads of household with active dependents", "closed head", (
        WELL, CLOSED, told(16, 1), told(19, 1), told(23, 0))),
    Script(f"{PURGE}, heads of household with active dependents", "active dependent", (
        say(at(0, "10:00")), told(16, 1), do(at(20, "09:00"), "close", reason="other"), told(25, 1), told(36, 0)),
        {"household_of": "<closed head>", "continuous_exposure": True, "last_exposure_on": day(-1)}, {},
        at(0, "09:05")),
]  # fmt: skip
