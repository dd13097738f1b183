"""Every service that we ship says in Leichte Sprache what it is and what one needs."""

import re

import pytest

from services.definitions import ServiceDefinition, catalogue
from services.form.fields import Text

LONGEST_SENTENCE, LONGEST_WORD = 15, 14  # words; letters between hyphens
SERVICES = sorted(catalogue())


def test_it_falls_back_to_german():
    text = Text.model_validate({"de": "Hundesteuer", "de-simple": "Steuer für Hunde"})
    assert (text.to("de-simple"), text.to("de"), text.to("fr")) == ("Steuer für Hunde", "Hundesteuer", "Hundesteuer")
    assert Text(de="Hundesteuer").to("de-simple") == "Hundesteuer"


def test_a_snapshot_keeps_it():
    text = Text.model_validate({"de": "Hundesteuer", "de-simple": "Steuer für Hunde"})
    assert Text.model_validate(text.model_dump(mode="json", exclude_none=True)) == text


@pytest.mark.parametrize("slug", SERVICES)
def test_sentences_and_words_are_short(slug: str):
    service: ServiceDefinition = catalogue()[slug]
    assert service.title.de_simple
    plain = service.description.de_simple or ""
    assert "Das brauchen Sie:" in plain
    for line in plain.splitlines():
        assert len(line.split()) <= LONGEST_SENTENCE, line
        assert len(re.findall(r"[.?!:](?:\s|$)", line)) <= 2, f"one sentence a line: {line}"
        assert max((len(part) for part in re.split(r"[\s\W]+", line)), default=0) <= LONGEST_WORD, line
