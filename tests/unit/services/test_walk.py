"""The way through a form."""

from services.definitions import catalogue
from services.walk import without_old_consents


def test_a_consent_to_an_older_text_has_to_be_given_anew() -> None:
    before = catalogue()["bewohnerparkausweis"]
    steps = tuple(
        step.model_copy(
            update={
                "fields": tuple(
                    field.model_copy(update={"consent_version": 2}) if field.key == "consent" else field
                    for field in step.fields
                )
            }
        )
        for step in before.steps
    )
    now = before.model_validate(before.model_dump() | {"steps": [step.model_dump() for step in steps]})
    answers = {"given_name": "Ida", "consent": True}
    assert without_old_consents(before, now, answers) == {"given_name": "Ida"}
    assert without_old_consents(before, before, answers) == answers
