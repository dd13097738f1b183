"""Quarano: anomalies (Auffälligkeiten), slots of the diary, the weight of what was found."""

from tests.integration.peers.replay import Script, at, day, do, say, see

DIARY = "quarano/quarano-application backend/src/test/java/quarano/actions/DiaryEventListenerTest.java"
ANOMALIES = (
    "quarano/quarano-application backend/src/test/java/quarano/actions/web/AnomaliesControllerWebIntegrationTests.java"
)
MISSING = "quarano/quarano-application backend/src/test/java/quarano/diary/DiaryEntryMissingCheckerTest.java"
SLOTS = "quarano/quarano-application backend/src/test/java/quarano/diary/SlotUnitTest.java"
ENDING = "quarano/quarano-application backend/src/test/java/quarano/actions/quarantine/QuarantineEndCheckerTest.java"
FIRST, FEVER = "first_characteristic_symptom", "fever"
INDEX = {"kind": "index", "last_exposure_on": None, "first_positive_on": day(-1)}
TWICE_DAILY = {"protocol": "ebola"}


def fever(title: str, celsius: float, found: bool, **case) -> Script:
    expected = {"has": [FEVER]} if found else {"lacks": [FEVER]}
    return Script(f"{DIARY}, added with exceeding temperature", title,
                  (say(at(0, "10:00"), temperature_c=celsius), see(at(0, "10:01"), **expected)), case)  # fmt: skip


def weighed(title: str, priority: float, *present: str, case=None, **more) -> Script:
    return Script(f"{ANOMALIES}, weights", title, (say(at(0, "10:00"), *present, **more),
                  see(at(0, "10:01"), priority=priority)), case or {})  # fmt: skip


SCRIPTS = [
    fever("37.9 is not above the limit", 37.9, False),
    fever("38.0 is", 38.0, True),
    fever("39.4 in isolation is not", 39.4, False, **INDEX),
    fever("39.5 in isolation is", 39.5, True, **INDEX),
    Script(f"{DIARY}, added and updated an older slot", "an older measurement finds nothing", (
        say(at(0, "10:00"), temperature_c=36.8), say(at(0, "10:30"), temperature_c=41.0, said_at=at(-1, "10:00")),
        see(at(0, "10:31"), lacks=[FEVER]))),
    Script(f"{DIARY}, updates with exceeding temperature", "still one finding", (
        say(at(0, "10:00"), temperature_c=41.0), say(at(0, "11:00"), temperature_c=42.0),
        see(at(0, "11:01"), has=[FEVER], priority=0.7))),
    Script(f"{DIARY}, exceeding temperature resolved", "resolved by a newer value", (
        say(at(0, "10:00"), temperature_c=39.0), see(at(0, "10:01"), has=[FEVER]),
        say(at(1, "10:00"), temperature_c=36.9), see(at(1, "10:01"), lacks=[FEVER]))),
    Script(f"{DIARY}, exceeding temperature resolved", "a newer report without a value resolves nothing", (
        say(at(0, "10:00"), temperature_c=39.0), say(at(1, "10:00")), see(at(1, "10:01"), has=[FEVER]))),
    Script(f"{DIARY}, characteristic symptoms", "the first one", (
        say(at(0, "10:00"), "loss_of_smell"), see(at(0, "10:01"), has=[FIRST], anchor=f"{day(0)} 10:00"))),
    Script(f"{DIARY}, not overwriting existing if newer", "a newer one does not move it", (
        say(at(0, "10:00"), "cough"), say(at(1, "10:00"), "cough"),
        see(at(1, "10:01"), has=[FIRST], anchor=f"{day(0)} 10:00"))),
    Script(f"{DIARY}, overwriting existing if older", "an older one moves it", (
        say(at(0, "10:00"), "cough"), say(at(0, "11:00"), "cough", said_at=at(-1, "20:00")),
        see(at(0, "11:01"), has=[FIRST], anchor=f"{day(-1)} 20:00"))),
    Script(f"{DIARY}, without characteristic symptoms", "others are none", (
        say(at(0, "10:00"), "headache"), see(at(0, "10:01"), lacks=[FIRST]))),
    Script(f"{MISSING}, missing entries", "one empty slot of two", (
        say(at(1, "18:00")), see(at(2, "06:01"), lacks=["missing_check_in"])), TWICE_DAILY),
    Script(f"{MISSING}, missing entries", "both slots empty", (
        see(at(0, "17:01"), lacks=["missing_check_in"]), see(at(1, "05:59"), lacks=["missing_check_in"]),
        see(at(1, "06:01"), has=["missing_check_in"]), say(at(1, "07:00")),
        see(at(1, "07:01"), lacks=["missing_check_in"])), TWICE_DAILY),
    Script(f"{MISSING}, missing entries", "the one check-in of a day", (
        see(at(1, "11:59"), lacks=["missing_check_in"]), see(at(1, "12:01"), has=["missing_check_in"]))),
    Script(f"{SLOTS}, 03:33 is in the evening's slot", "an answer in the night belongs to the day before", (
        say(at(0, "22:00"), temperature_c=36.5), say(at(1, "03:33"), temperature_c=39.5),
        see(at(1, "03:34"), has=[FEVER], due=f"{day(1)} 06:00")), TWICE_DAILY),
    Script(f"{SLOTS}, 15:45 is in the morning's slot", "an answer in the grace of the morning", (
        say(at(0, "15:45"), temperature_c=36.5), see(at(0, "15:46"), due=f"{day(0)} 17:00")), TWICE_DAILY),
    Script(f"{ENDING}, three ending", "monitoring of a contact ends tomorrow", (
        see(at(12, "23:59"), lacks=["monitoring_ending"]) , see(at(13, "00:01"), has=["monitoring_ending"])),
        {"last_exposure_on": day(0)}),
    Script(f"{ENDING}, three ending", "the order ends tomorrow", (
        do(at(0, "10:00"), "orders", event="issue_verbal", legal_basis="§ 30 IfSG", starts_on=day(0), ends_on=day(5)),
        see(at(3, "23:59"), lacks=["order_ending"]), see(at(4, "00:01"), has=["order_ending"])),
        {"last_exposure_on": day(0)}),
    Script(f"{ENDING}, due to date filtering", "not yet", (see(at(1, "10:00"), lacks=["monitoring_ending"]),)),
    Script(f"{ANOMALIES}, resolves manually", "a review acknowledges what is medical", (
        say(at(0, "10:00"), "cough"), see(at(0, "10:01"), has=[FIRST], priority=1.4),
        do(at(0, "10:02"), "reviews", outcome="confirmed", note="Comment!"),
        see(at(0, "10:03"), lacks=[FIRST], priority=0.0))),
    Script(f"{ANOMALIES}, not for system anomalies", "missing details cannot be waved away", (
        see(at(0, "10:00"), has=["missing_details"], priority=0.3),
        do(at(0, "10:02"), "reviews", outcome="dismissed", note="Comment!"),
        see(at(0, "10:03"), has=["missing_details"], priority=0.3), do(at(0, "10:04"), "close", reason="other"),
        see(at(0, "10:05"), has=["missing_details"], line_list="closed")), {"last_exposure_on": None}),
    Script(f"{ANOMALIES}, does not return concluded cases", "closed cases have no priority", (
        say(at(0, "10:00"), "cough"), do(at(0, "10:02"), "close", reason="other"),
        see(at(0, "10:05"), lacks=[FIRST], priority=0.0, line_list="closed"))),
    weighed("fever alone", 0.7, temperature_c=39.0),
    weighed("nothing", 0.0),
    weighed("a characteristic symptom doubles", 1.4, "cough"),
    weighed("fever and a characteristic symptom", 2.8, "cough", temperature_c=39.0),
    weighed("a suspicious symptom makes it four times as much, too", 11.2, "difficulty_breathing"),
    weighed("medical and process", 1.0, temperature_c=39.0, case={"last_exposure_on": None}),
]  # fmt: skip
