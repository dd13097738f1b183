"""Invented answers to any form: as somebody would give them, and such as the form accepts. Files are left out."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from services.form.bounds import resolved
from services.form.code_lists import options_of
from services.form.fields import FieldType, FormField, Step
from services.form.operators import truthy
from services.form.state import evaluate, state

NAMES = ("Achterberg", "Böhme", "Çelik", "Ehlers", "Kovalenko", "Meißner", "Nowak", "Schäfer", "Yıldız", "Zöllner")
GIVEN = ("Aylin", "Björn", "Cäcilia", "Dmytro", "Elif", "Günther", "Hanna", "Ömer", "Paula", "Wiebke")
DEFECTS = ("Ein tiefes Loch, schon seit Tagen.", "Hier liegt Müll.", "Lose Platten, man stolpert leicht.")
"""For texts that anybody may read."""
SENTENCES = ("Bitte rufen Sie vorher an.", "Der Rest steht in den Unterlagen.", "Das ist seit letzter Woche so.")
IBAN = "DE02120300000000202051"  # an example that banks publish; it belongs to nobody
CENTRE = (52.264, 10.526)  # of the city, WGS 84
TRIES = 100
LONG_AGO = timedelta(days=20 * 365)


def invented(steps: Sequence[Step], dice: Random, today: date) -> dict[str, Any]:
    """Answers in their stored form. `today`: the day in the city's zone on which they are given."""
    answers: dict[str, Any] = {}
    for step in steps:
        for field in step.fields:
            if field.computed is None and _is_asked(steps, answers, field, today):
                _give(steps, answers, field, dice, today)
    computed = state(steps, answers, today=today).computed
    return answers | {path: value for path, value in computed.items() if "." not in path}


def _give(steps: Sequence[Step], answers: dict[str, Any], field: FormField, dice: Random, today: date) -> None:
    """Answer one field, in tries until its checks against the answers before it hold."""
    for _ in range(TRIES):
        value = _answer(field, dice, today)
        if value is None:
            return
        answers[field.key] = value
        if all(truthy(evaluate(steps, check.rule, answers, today=today)) for check in field.check):
            return
    if field.type is FieldType.DATE:
        answers[field.key] = _last(field, today).isoformat()  # what has to follow another day, at the very latest


def _is_asked(steps: Sequence[Step], answers: Mapping[str, Any], field: FormField, today: date) -> bool:
    if field.visible is None and field.required_when is None:
        return True
    form = state(steps, answers, today=today)
    return form.shows(field.key) and (field.required or form.requires(field.key))


def _answer(field: FormField, dice: Random, today: date) -> Any:
    if field.type is FieldType.GROUP:
        return _group(field, dice, today)
    if field.type is FieldType.TEXT:
        return _text(field, dice)
    make = _MAKERS.get(field.type)
    return make(field, dice, today) if make else None


def _group(field: FormField, dice: Random, today: date) -> Any:
    if field.repeats is None:
        return invented([_alone(field)], dice, today)
    number = dice.randint(field.repeats.least, min(field.repeats.most, field.repeats.least + 2))
    return [invented([_alone(field)], dice, today) for _ in range(number)] or None


def _alone(group: FormField) -> Step:
    """A group as a form of its own: its rules ask for answers beside them."""
    return Step(key="alone", title=group.label, fields=group.fields)


def _text(field: FormField, dice: Random) -> str:
    if field.pattern is not None:
        return "276" + "".join(dice.choices("0123456789", k=12))  # the one pattern of the catalogue: a dog's chip
    if field.public:
        number = str(dice.randrange(1, 120))
        return number if "number" in field.key else f"Ährenweg {number}"
    text = dice.choice(GIVEN if "given" in field.key else NAMES)
    return text.ljust(field.min_length, "n")[: field.max_length]


def _choices(field: FormField) -> list[str]:
    return [option.value for option in options_of(field)]


def _last(field: FormField, today: date) -> date:
    return resolved(field.not_after, today) if field.not_after is not None else today + timedelta(days=60)


def _day(field: FormField, dice: Random, today: date) -> str:
    last = _last(field, today)
    first = resolved(field.not_before, today) if field.not_before is not None else last - LONG_AGO
    return (first + timedelta(days=dice.randint(0, (last - first).days))).isoformat()


def _whole(field: FormField, dice: Random, today: date) -> int:
    least = int(field.minimum or 0)
    return dice.randint(least, min(int(field.maximum), least + 5) if field.maximum is not None else least + 5)


def _decimal(field: FormField, dice: Random, today: date) -> str:
    least = field.minimum or 0
    most = field.maximum if field.maximum is not None else least + 2000
    cents = dice.randint(int(least * 100), int(min(most, least + 2000) * 100))
    return f"{cents / 100:.2f}" if field.type is FieldType.MONEY else f"{cents / 100:g}"


def _address(field: FormField, dice: Random, today: date) -> dict[str, str]:
    number = str(dice.randrange(1, 120))
    return {"street": "Ährenweg", "house_number": number, "postal_code": "38100", "city": "Braunschweig"}


def _place(field: FormField, dice: Random, today: date) -> dict[str, float]:
    lat, lon = (round(dice.gauss(middle, 0.02), 6) for middle in CENTRE)
    return {"lat": lat, "lon": lon}


_MAKERS: dict[FieldType, Any] = {
    FieldType.LONG_TEXT: lambda field, dice, today: dice.choice(DEFECTS if field.public else SENTENCES).ljust(
        field.min_length, "."
    ),
    FieldType.CHOICE: lambda field, dice, today: dice.choice(_choices(field)),
    FieldType.CHOICES: lambda field, dice, today: [dice.choice(_choices(field))],
    FieldType.YES_NO: lambda field, dice, today: dice.random() < 0.5,
    FieldType.CHECKBOX: lambda field, dice, today: True if field.required else None,
    FieldType.CONSENT: lambda field, dice, today: {"version": field.consent_version, "given": True},
    FieldType.DATE: _day,
    FieldType.TIME: lambda field, dice, today: f"{dice.randrange(8, 18):02}:00",
    FieldType.INTEGER: _whole,
    FieldType.NUMBER: _decimal,
    FieldType.MONEY: _decimal,
    FieldType.IBAN: lambda field, dice, today: IBAN,
    FieldType.EMAIL: lambda field, dice, today: f"person{dice.randrange(10_000)}@example.org",
    FieldType.ADDRESS: _address,
    FieldType.LICENCE_PLATE: lambda field, dice, today: (
        f"BS-{dice.choice('ABCDEF')}{dice.choice('KLMNP')} {dice.randrange(1, 999)}"
    ),
    FieldType.MAP: _place,
}
