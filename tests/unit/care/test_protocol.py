"""Protocol files: what each disease's file says, and that what is wrong in one is named with its line."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from care.cli import check
from care.protocol import (
    DIRECTORY,
    all_protocols,
    current_protocol,
    current_versions,
    disease_of,
    protocol_for,
    read_protocol,
)
from care.vocabulary import Kind
from config.errors import ConfigurationError, RuleViolation
from config.settings import LOCALES


def write(tmp_path: Path, **changes) -> Path:
    raw = yaml.safe_load((DIRECTORY / "covid-19-v2.yaml").read_text(encoding="utf-8"))
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
    ("code", "days", "slots"),
    [
        ("covid-19", {"contact": 14, "index": 14, "traveller": 14}, ["day"]),
        ("covid-19-10", {"contact": 10, "index": 10, "traveller": 10}, ["day"]),
        ("measles", {"contact": 14, "index": 8, "traveller": 14}, ["day"]),
        ("mpox", {"contact": 21, "index": 21, "traveller": 21}, ["day"]),
        ("ebola", {"contact": 21, "index": 21, "traveller": 21}, ["morning", "evening"]),
        ("meningococcal", {"contact": 7, "index": 7, "traveller": 7}, ["day"]),
        ("generic", {"contact": 14, "index": 14, "traveller": 14}, ["day"]),
    ],
)
def test_the_diseases(code, days, slots):
    """Source: RKI-Ratgeber and WHO, as cited in the files."""
    protocol = current_protocol(code)
    assert {kind.value: protocol.monitoring.days_for(kind) for kind in Kind} == days
    assert [slot.code for slot in protocol.check_ins.slots] == slots
    assert protocol.worsening is not None and protocol.ending.goes_on_until_answer


@pytest.mark.parametrize("code", sorted(current_versions()))
def test_what_monitoring_counts_from(code):
    """A contact from the last exposure, a traveller from the entry, an infection from onset, sample or report."""
    assert {kind.value: days for kind, days in current_protocol(code).monitoring.counts_from.items()} == {
        "contact": ("last_exposure_on",),
        "index": ("symptom_onset_on", "first_positive_on", "reported_on"),
        "traveller": ("entered_on",),
    }


def test_a_variant_follows_the_same_disease_and_every_other_one_its_own():
    assert disease_of("covid-19-10") == disease_of("covid-19") == "covid-19"
    assert {disease_of(code) for code in current_versions()} == current_versions().keys() - {"covid-19-10"}


def test_versions_stand_beside_each_other():
    assert current_versions()["covid-19"] == 2
    first, second = protocol_for("covid-19", 1), protocol_for("covid-19", 2)
    assert (first.worsening, first.shortening, first.ending.goes_on_until_answer) == (None, (), False)
    assert [rule.code for rule in second.shortening] == ["ten_days", "seven_days"]
    with pytest.raises(ConfigurationError, match="no protocol covid-19 version 9"):
        protocol_for("covid-19", 9)
    with pytest.raises(RuleViolation, match="no protocol “pest”"):
        current_protocol("pest")


def test_a_language_that_is_missing_is_english_and_plain_language_german(tmp_path):
    names = {"de": "Husten", "en": "Cough", "pl": "Kaszel"}
    symptoms = [{"key": "cough", "name": names}]
    groups = {"groups": [{"at_least": 1, "of": ["cough"]}]}
    protocol = read_protocol(write(tmp_path, symptoms=symptoms, symptomatic=groups))
    found = {locale: protocol.symptom_name("cough", locale) for locale in ("de", "en", "pl", "uk", "de-simple")}
    assert found == {"de": "Husten", "en": "Cough", "pl": "Kaszel", "uk": "Cough", "de-simple": "Husten"}
    assert protocol.symptom_name("hiccups", "de") == "hiccups"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 0}, "version: Input should be greater than or equal to 1"),
        ({"speed": 1}, "speed: Extra inputs are not permitted"),
        ({"symptomatic": {"groups": [{"at_least": 1, "of": ["hiccups"]}]}}, "unknown symptoms: hiccups"),
        ({"symptomatic": {"groups": [{"at_least": 2, "of": ["cough"]}]}}, "asks for more symptoms than it lists"),
        ({"release": {"message_from": "25:00", "certificate_days": 1}}, "release.message_from"),
        ({"name": {"de": "A", "en": "B", "xx": "C"}}, "there is no language xx"),
        ({"name": {"de": "A", "en": "B", "tr": " "}}, "no text in tr"),
        ({"symptoms": [{"key": "hiccups"}]}, "symptoms.0.name: Field required"),
        ({"shortening": [{"code": "x", "kinds": ["contact"], "last_day": 14}]}, "the rule x does not shorten"),
        (
            {"shortening": [{"code": "x", "kinds": ["contact"], "last_day": 7, "samples": ["pcr"]}]},
            "samples and negative_sample_on_days belong together",
        ),
        (
            {"shortening": [{"code": "x", "kinds": ["contact"], "last_day": 7, "report_on_days": [9, 7]}]},
            "report_on_days ends before it begins",
        ),
    ],
)
def test_mistakes_are_named(tmp_path, changes, message):
    with pytest.raises(ConfigurationError) as refused:
        read_protocol(write(tmp_path, **changes))
    assert str(refused.value).startswith("changed.yaml:")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("slots", "message"),
    [
        ([{"code": "a"}, {"code": "b"}], "each needs a window of its own"),
        (
            [
                {"code": "b", "window": {"opens": "17:00", "closes": "23:00"}},
                {"code": "a", "window": {"opens": "06:00", "closes": "12:00"}},
            ],
            "in the order of the day",
        ),
        ([{"code": "a"}, {"code": "a"}], "two slots have the same code"),
    ],
)
def test_slots_that_cannot_be(tmp_path, slots, message):
    raw = yaml.safe_load((DIRECTORY / "ebola.yaml").read_text(encoding="utf-8"))
    with pytest.raises(ConfigurationError, match=message):
        read_protocol(write(tmp_path, check_ins=raw["check_ins"] | {"slots": slots}))


def test_the_line_is_the_line_of_the_mistake(tmp_path):
    lines = (DIRECTORY / "measles.yaml").read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "looks_back_days" in line)
    lines[number - 1] = "  looks_back_days: many"
    (tmp_path / "measles.yaml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        all_protocols(tmp_path)
    assert str(refused.value).startswith(f"measles.yaml:{number}: worsening.looks_back_days: ")


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"a: [", 1), (b"code: x\ncode: y\n", 2), (b"code: \xff", 1), (b"", 1), (b"- a", 1)],
)
def test_foreign_files_are_refused(tmp_path, content, line):
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as refused:
        read_protocol(path)
    assert str(refused.value).startswith(f"broken.yaml:{line}: ")


def test_all_mistakes_of_all_files_are_named_at_once(tmp_path):
    text = (DIRECTORY / "mpox.yaml").read_text(encoding="utf-8")
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(text.replace("version: 1", "version: 0"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        all_protocols(tmp_path)
    assert "b.yaml: mpox version 1 exists twice" in str(refused.value)
    assert "c.yaml:" in str(refused.value)


def test_the_command_names_every_version_or_every_mistake(tmp_path):
    told = CliRunner().invoke(check, [])
    assert told.exit_code == 0
    assert "covid-19 1: COVID-19, 14 d, day\ncovid-19 2: COVID-19, 14 d, day\n" in told.output
    assert "ebola 1: Ebolafieber und andere virale hämorrhagische Fieber, 21 d, morning+evening" in told.output
    (tmp_path / "bad.yaml").write_text("code: bad\nversion: zero\n", encoding="utf-8")
    refused = CliRunner().invoke(check, ["--directory", str(tmp_path)])
    assert isinstance(refused.exception, ConfigurationError)
    assert "bad.yaml:2: version: " in str(refused.exception)
