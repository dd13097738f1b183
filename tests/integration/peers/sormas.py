"""SORMAS: until when people are followed up, and what a visit on the last day does to it; converted contacts."""

from tests.integration.peers.replay import Script, at, day, do, say, see

BACKEND = "SORMAS-Foundation/SORMAS-Project sormas-backend/src/test/java/de/symeda/sormas/backend"
TESTS = f"{BACKEND}/contact"
SERVICE, FACADE = f"{TESTS}/ContactServiceTest.java", f"{TESTS}/ContactFacadeEjbTest.java"
CASES = f"{BACKEND}/caze/CaseFacadeEjbTest.java, testUpdateFollowUpUntilAndStatus"
INDEX = {"kind": "index", "last_exposure_on": None}
UNTIL = f"{SERVICE}, testUpdateFollowUpUntilAndStatus"


def until(title: str, protocol: str, days: int, **case) -> Script:
    """Exposed on day 0 and followed up for so many days, the last one included."""
    given = {"protocol": protocol, "last_exposure_on": day(0), **case}
    return Script(UNTIL, title, (see(at(0, "09:01"), ends_on=day(days)),), given)


SCRIPTS = [
    until("follow-up of Ebola contacts", "ebola", 21),
    until("follow-up of COVID-19 contacts", "covid-19", 14),
    until("follow-up in the shipped variant", "covid-19-10", 10),
    until("follow-up of meningococcal contacts", "meningococcal", 7),
    until("follow-up of measles contacts", "measles", 14),
    until("follow-up of mpox contacts", "mpox", 21),
    Script(UNTIL, "the last contact counts, not the report", (see(at(0, "09:01"), ends_on=day(9)),),
           {"last_exposure_on": day(-5)}),
    Script(UNTIL, "no last contact: the enrolment counts", (see(at(0, "09:01"), ends_on=day(14)),),
           {"last_exposure_on": None}),
    Script(UNTIL, "nobody reached on the last day: one more day, and again", (
        say(at(19, "18:00")), see(at(20, "23:59"), ends_on=day(20), status="monitoring"),
        see(at(21, "00:01"), ends_on=day(21), status="monitoring"), see(at(22, "00:01"), ends_on=day(22)),
        say(at(22, "10:00")), see(at(22, "10:01"), status="completed", close_reason="completed_monitoring")),
        {"protocol": "ebola", "last_exposure_on": day(-1)}),
    Script(UNTIL, "reached on the last day: back at the original date", (
        say(at(19, "18:00")), see(at(21, "00:01"), ends_on=day(21)),
        say(at(21, "09:00"), said_at=at(20, "18:00")),
        see(at(21, "09:01"), status="completed", ends_on=day(20), close_reason="completed_monitoring")),
        {"protocol": "ebola", "last_exposure_on": day(-1)}),
    Script(UNTIL, "an order is not lengthened by silence", (
        do(at(0, "10:00"), "orders", event="issue_verbal", legal_basis="§ 30 IfSG", starts_on=day(0), ends_on=day(13)),
        see(at(15, "10:00"), ends_on=day(15), order_ends_on=day(13)))),
    Script(UNTIL, "a converted contact is followed up as a case", (
        say(at(0, "10:00"), "cough"), do(at(0, "11:00"), "conversion", to="index", first_positive_on=day(0)),
        see(at(0, "11:01"), kind="index", line_list="reporting")), ),
    Script(UNTIL, "another last contact becomes known", (
        see(at(0, "09:01"), ends_on=day(14)), do(at(3, "10:00"), "dates", last_exposure_on=day(2)),
        see(at(3, "10:01"), ends_on=day(16)), do(at(3, "10:02"), "dates", last_exposure_on=day(-3)),
        see(at(3, "10:03"), ends_on=day(11))), {"last_exposure_on": day(0)}),
    Script(CASES, "a case counts from its first positive sample, not from the report", (
        see(at(0, "09:01"), ends_on=day(18)),), {**INDEX, "protocol": "ebola", "first_positive_on": day(-3)}),
    Script(CASES, "an onset comes before the sample", (
        see(at(0, "09:01"), ends_on=day(16)),),
        {**INDEX, "protocol": "ebola", "first_positive_on": day(-3), "symptom_onset_on": day(-5)}),
    Script(CASES, "a case not reached on its last day: one more day, and back with the answer", (
        say(at(19, "18:00")), see(at(20, "23:59"), ends_on=day(20)), see(at(21, "00:01"), ends_on=day(21)),
        say(at(21, "09:00"), said_at=at(20, "18:00")), see(at(21, "09:01"), ends_on=day(20), status="monitoring")),
        {**INDEX, "protocol": "ebola", "first_positive_on": day(-1)}),
    Script(f"{FACADE}, overwriteFollowUpUntil", "an officer's date holds", (
        do(at(0, "10:00"), "extensions", until=day(18)), see(at(0, "10:01"), ends_on=day(18)),
        say(at(13, "10:00")), see(at(14, "10:00"), status="monitoring", ends_on=day(18)),
        say(at(18, "10:00")), see(at(19, "00:01"), status="completed", ends_on=day(18)))),
    Script(f"{FACADE}, overwriteFollowUpUntil", "and can be taken back", (
        do(at(0, "10:00"), "extensions", until=day(18)), do(at(0, "10:05"), "extensions", until=day(13)),
        see(at(0, "10:06"), ends_on=day(13)))),
    Script(f"{FACADE}, follow-up status", "lost to follow-up and taken up again", (
        do(at(0, "10:00"), "status", action="lose"), see(at(0, "10:01"), status="lost", line_list="closed"),
        do(at(0, "10:02"), "status", action="reopen"), see(at(0, "10:03"), status="monitoring"))),
]  # fmt: skip
