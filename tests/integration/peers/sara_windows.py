"""Sara Alert: when people are asked: their window, in their zone, on the days when clocks change, past midnight."""

from datetime import datetime, timedelta

from tests.integration.peers.replay import Script, Step, at, day, do, say, see

MODEL = "SaraAlert/SaraAlert test/models/patient_test.rb"
OPENS = {"morning": 8, "afternoon": 12, "evening": 16, "unset": 12}
CLOSES = {"morning": 13, "afternoon": 17, "evening": 20, "unset": 17}


def _next(window: str, hour: int) -> Script:
    """Enrolled on day 0 at this hour, asked at once within the window, else when it opens."""
    begins = at(0, f"{hour:02d}:00")
    if hour < OPENS[window]:
        due = f"{day(0)} {OPENS[window]:02d}:00"
    elif hour < CLOSES[window]:
        due = f"{day(1)} {OPENS[window]:02d}:00"  # asked at once; this is the next time
    else:
        due = f"{day(1)} {OPENS[window]:02d}:00"
    asked = int(OPENS[window] <= hour < CLOSES[window])
    steps = (see(begins + timedelta(minutes=2), due=due), _texts(begins + timedelta(minutes=3), asked))
    return Script(f"{MODEL}, time_to_contact_next", f"{window} at {hour}", steps, person={"contact_window": window},
                  begins=begins)  # fmt: skip


def _edge(window: str, hour: str, asked: int) -> Script:
    """Enrolled while no window is open and asked first at this time of the next day."""
    steps = (_texts(at(1, hour), asked),)
    return Script(f"{MODEL}, within_preferred_contact_time", f"{window}, {hour}", steps,
                  person={"contact_window": window}, begins=at(0, "20:30"))  # fmt: skip


def _texts(when: datetime, count: int) -> Step:
    return Step(when, "texts", {"about": "/c/", "count": count})


EDGES = [
    ("morning", "07:59", 0), ("morning", "08:00", 1), ("morning", "12:59", 1),
    ("afternoon", "11:59", 0), ("afternoon", "12:00", 1), ("afternoon", "16:59", 1),
    ("evening", "15:59", 0), ("evening", "16:00", 1), ("evening", "19:59", 1),
    ("unset", "11:59", 0), ("unset", "12:00", 1), ("10", "09:59", 0), ("10", "10:00", 1),
]  # fmt: skip
LATE = {"contact_window": "23"}
SCRIPTS = [
    *(_next(window, hour) for window in OPENS for hour in (5, 9, 14, 18, 21)),
    *(_edge(*edge) for edge in EDGES),
    Script(f"{MODEL}, hour chosen", "the window of hour 23 opens", (
        see(at(0, "21:01"), due=f"{day(0)} 23:00"), _texts(at(0, "22:59"), 0), _texts(at(0, "23:00"), 1)),
        person=LATE, begins=at(0, "21:00")),
    Script(f"{MODEL}, hour chosen", "the window of hour 23 reaches 03:59", (_texts(at(1, "03:59"), 1),
        see(at(1, "03:59"), due=f"{day(1)} 23:00")), person=LATE, begins=at(1, "03:58")),
    Script(f"{MODEL}, hour chosen", "the window of hour 23 is over at 04:00", (
        _texts(at(1, "04:02"), 0), see(at(1, "04:02"), due=f"{day(1)} 23:00")), person=LATE, begins=at(1, "04:01")),
    Script(f"{MODEL}, within_preferred_contact_time", "another zone", (
        see(at(0, "09:01"), due=f"{day(0)} 19:00"),),  # noon in Chicago
        person={"timezone": "America/Chicago"}),
    Script(f"{MODEL}, PatientTestWhenDSTEnds", "24 hours over the end of summer time", (
        say(at(-9, "10:00")), see(at(-8, "08:59"), line_list="asymptomatic"),
        see(at(-8, "09:01"), line_list="non_reporting"),
        see(at(-8, "09:02"), due=f"{day(-7)} 08:00")), case={"last_exposure_on": day(-10)},
        person={"contact_window": "morning"}, begins=at(-9, "09:00")),
    Script(f"{MODEL}, reminder eligible", "nobody is asked twice a day", (
        _texts(at(0, "12:30"), 1), _texts(at(0, "16:30"), 1), _texts(at(1, "12:30"), 2))),
    Script(f"{MODEL}, reminder eligible", "who has reported today is asked tomorrow", (
        say(at(0, "10:00")), _texts(at(0, "13:00"), 0), _texts(at(1, "12:00"), 1))),
    Script(f"{MODEL}, reminder eligible", "paused", (
        do(at(0, "10:00"), "preferences", paused=True), _texts(at(0, "13:00"), 0))),
    Script(f"{MODEL}, reminder eligible", "no channel", (see(at(0, "13:00"), next_check_in_at=None),
        _texts(at(0, "13:00"), 0)), person={"channel": "none"}),
    Script(f"{MODEL}, reminder eligible", "head", (_texts(at(0, "13:00"), 1),)),
    Script(f"{MODEL}, reminder eligible", "reports through the head", (_texts(at(0, "13:00"), 0),),
        case={"household_of": "<head>"}, begins=at(0, "09:10")),
]  # fmt: skip
