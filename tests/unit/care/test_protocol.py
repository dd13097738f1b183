"""Protocol files: what is wrong in them is named."""

from pathlib import Path

import pytest
import yaml

from care.findings import findings, priority
from care.protocol import DIRECTORY, all_protocols, read_protocol
from config.errors import ConfigurationError
from config.settings import LOCALES
from tests.factories.care import COVID, MONDAY, facts, said


def write(tmp_path: Path, **changes) -> Path:
    raw = yaml.safe_load((DIRECTORY / "covid-19.yaml").read_text(encoding="utf-8"))
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(raw | changes), encoding="utf-8")
    return path


@pytest.mark.parametrize("locale", sorted(set(LOCALES) - {"en"}))
def test_complaints_are_named_in_every_language(locale):
    """What is missing would be English, or German in plain German, where few words are the same."""
    for protocol in all_protocols().values():
        english = [one.key for one in protocol.symptoms if one.name.in_(locale) == one.name.in_("en")]
        assert not english, (protocol.code, protocol.version)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 0}, "version: Input should be greater than or equal to 1"),
        ({"speed": 1}, "speed: Extra inputs are not permitted"),
        ({"symptomatic": {"groups": [{"at_least": 1, "of": ["hiccups"]}]}}, "unknown symptoms: hiccups"),
        ({"symptomatic": {"groups": [{"at_least": 2, "of": ["cough"]}]}}, "asks for more symptoms than it lists"),
        ({"release": {"message_from": "25:00", "certificate_days": 1}}, "release.message_from"),
    ],
)
def test_mistakes_are_named(tmp_path, changes, message):
    with pytest.raises(ConfigurationError) as refused:
        read_protocol(write(tmp_path, **changes))
    assert str(refused.value).startswith("changed.yaml: ")
    assert message in str(refused.value)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"broken\.yaml"):
        read_protocol(path)


@pytest.mark.parametrize(
    ("reports", "codes", "value"),
    [
        ([], [], 0.0),
        ([said(MONDAY, temperature_c=37.9)], [], 0.0),
        ([said(MONDAY, temperature_c=38.0)], ["fever"], 0.7),
        ([said(MONDAY, temperature_c=38.0), said(MONDAY, temperature_c=36.5)], [], 0.0),
        ([said(MONDAY, "cough")], ["first_characteristic_symptom"], 1.4),
        ([said(MONDAY, "cough"), said(MONDAY)], ["first_characteristic_symptom"], 1.4),
        (
            [said(MONDAY, "difficulty_breathing")],
            ["first_characteristic_symptom", "suspicious_symptom"],
            11.2,
        ),
    ],
)
def test_findings_and_priority(reports, codes, value):
    """Source: Quarano: strictly above the limit, the newest value counts; 0.7 medical + 0.3 process, ×2, ×4."""
    found = findings(facts(reports=tuple(reports)), COVID, MONDAY)
    assert [one.code.value for one in found] == codes
    assert priority(found, COVID) == value
