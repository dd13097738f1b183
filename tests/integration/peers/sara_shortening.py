"""Sara Alert: who may leave quarantine after ten or seven days, as offered and as an officer decides (protocol v2)."""

from typing import Any

from tests.integration.peers.replay import Script, Step, at, day, do, say, see

MODEL = "SaraAlert/SaraAlert test/models/patient_test.rb"
NOON, LATER = at(0, "12:00"), at(0, "12:01")


def _script(rule: str, title: str, exposed: int, offered: bool, *steps: Step, **case: Any) -> Script:
    """Somebody exposed `exposed` days ago; whether the rule is offered now, and the shortening by it accepted."""
    last_day = {"ten_days": 10, "seven_days": 7}[rule]
    shown = [rule] if offered else []
    taken = [do(at(0, "12:02"), "extensions", 201 if offered else 422, until=day(last_day - exposed))]
    if case:  # without a last day, or with a review that may be put off, the same call is no shortening
        taken = [see(at(0, "12:02"), shortened_until=None)]
    given = {"last_exposure_on": day(-exposed), "enrolled_at": at(1 - exposed, "09:00").isoformat()} | case
    return Script(
        f"{MODEL}, {rule} quarantine candidates", title, (*steps, see(LATER, shortenings=shown), *taken), given
    )


def _ten(title: str, exposed: int, reported: int, offered: bool, *more: Step, **case: Any) -> Script:
    return _script("ten_days", f"ten days, {title}", exposed, offered, _report(reported - exposed), *more, **case)


def _seven(title: str, sampled: int, offered: bool, reported: int = 7, exposed: int = 9, **more: Any) -> Script:
    sample = do(NOON, "lab-results", kind=more.pop("test", "pcr"), result=more.pop("result", "negative"),
                sampled_on=day(sampled - exposed))  # fmt: skip
    steps = (_report(reported - exposed), sample, *more.pop("steps", ()))
    return _script("seven_days", f"seven days, {title}", exposed, offered, *steps, **more)


def _report(number: int, *present: str) -> Step:
    return say(NOON, *present, said_at=at(number, "09:30"))


POSITIVE = do(NOON, "lab-results", kind="pcr", result="positive", sampled_on=day(-2))
SCRIPTS = [
    *(
        _ten(f"report on day {number}", max(number, 10), number, offered)
        for number, offered in ((9, False), (10, True), (11, True), (12, True), (13, True))
    ),
    _ten("day 9 has not seen day 10", 9, 9, False),
    _ten("a symptomatic report among well ones", 10, 10, False, _report(-3, "cough")),
    _ten("continuous exposure", 10, 10, False, continuous_exposure=True),
    _ten("in isolation", 10, 10, False, kind="index", first_positive_on=day(-9)),
    *(
        _seven(f"sample of day {number}", number, offered)
        for number, offered in ((4, False), (5, True), (6, True), (7, True), (8, True), (9, True))
    ),
    *(_seven(f"report on day {number}", 6, offered, number) for number, offered in ((6, False), (8, True), (9, True))),
    _seven("day 6 has not seen day 7", 6, False, reported=6, exposed=6),
    _seven("antigen", 6, True, test="antigen"),
    _seven("another kind of test", 6, False, test="other"),
    _seven("an indeterminate result", 6, False, result="indeterminate"),
    _seven("positive only", 6, False, result="positive"),
    _seven("void by a positive one", 6, False, steps=(POSITIVE,)),
    _seven("a symptomatic report", 6, False, steps=(_report(-1, "cough"),)),
]
