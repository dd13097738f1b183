"""Privacy notices: every version in both languages or in all nine, told apart by what a form may claim."""

import yaml

from auth import notices, processing
from config.settings import LOCALES


def files() -> list[tuple[str, int, dict[str, object]]]:
    """The files with German and English."""
    parts = [(path.stem.split("."), path) for path in sorted(notices.FOLDER.glob("*.yaml"))]
    return [(stem[0], int(stem[1]), yaml.safe_load(path.read_text())) for stem, path in parts if len(stem) == 2]


def test_the_notice_of_the_check_in_says_the_same_in_every_language():
    german = yaml.safe_load((notices.FOLDER / "care-check-in.1.yaml").read_text())["de"]
    for locale in set(LOCALES) - {"de", "en"}:
        other = yaml.safe_load((notices.FOLDER / f"care-check-in.1.{locale}.yaml").read_text())
        assert other.keys() == german.keys()
        for one, same in zip(german["sections"], other["sections"], strict=True):
            assert len(one["text"]) == len(same["text"]), (locale, one["heading"])
        text = str(other)
        assert all(name in text for name in ("{controller}", "{officer}", "{authority}", "IfSG", "56"))


def test_a_newest_notice_of_the_check_in_is_there_in_every_language():
    newest = notices.newest(notices.CHECK_IN)
    assert {path.stem.split(".")[2] for path in notices.FOLDER.glob(f"care-check-in.{newest}.*.yaml")} == set(
        LOCALES
    ) - {
        "de",
        "en",
    }


def test_every_purpose_has_its_versions_without_a_gap():
    for purpose in notices.PURPOSES:
        found = notices.versions(purpose)
        assert found == tuple(range(1, len(found) + 1))
        assert found


def test_every_version_says_the_same_in_german_and_english():
    for purpose, version, content in files():
        assert content["version"] == version, purpose
        german, english = content["de"], content["en"]
        assert len(german["sections"]) == len(english["sections"])
        for one, other in zip(german["sections"], english["sections"], strict=True):
            assert len(one["text"]) == len(other["text"]), one["heading"]


def test_every_notice_names_controller_officer_and_authority():
    for _purpose, _version, content in files():
        for language in ("de", "en"):
            text = str(content[language])
            assert all(name in text for name in ("{controller}", "{officer}", "{authority}"))


def test_a_form_can_only_claim_versions_that_there_are():
    assert notices.shown_version(notices.SERVICES, "1") == 1
    for given in (None, "", "0", "99", "1 ", "-1", "١", "1" * 50, "x"):
        assert notices.shown_version(notices.SERVICES, given) is None
    assert notices.shown_version("unknown", "1") is None


def test_no_type_of_record_is_named_twice_in_the_record_of_processing():
    named = processing.types_of_activities()
    assert len(named) == len(set(named))
