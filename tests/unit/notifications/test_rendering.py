"""Templates on disk: strict, in the nearest language, compiled once and noticed when changed."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from config.errors import RuleViolation
from notifications import template_files
from notifications.rendering import compiled, register_templates, render
from notifications.statuses import Channel, Priority

WHEN = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # in Berlin still summer time: 02:30; in Ankara 03:30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty template `trial.note`."""
    note = tmp_path / "note"
    note.mkdir()
    register_templates("trial", tmp_path)
    return note


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    template_files._shelf.look_again_at = 0.0  # as if a second had passed


@pytest.mark.parametrize(
    ("wanted", "found"), [("tr", "tr"), ("uk", "en"), ("de-simple", "de"), ("de", "de"), ("it", "en")]
)
def test_the_nearest_language(folder: Path, wanted: str, found: str) -> None:
    for locale in ("de", "en", "tr"):
        write(folder, f"sms.{locale}.txt", f"{locale}: {{{{ text }}}}\n")
    text = render("trial.note", Channel.SMS, wanted, {"text": "x"})
    assert (text.locale, text.body) == (found, f"{found}: x")


def test_what_is_missing_fails_before_anything_is_sent(folder: Path) -> None:
    write(folder, "sms.de.txt", "{{ name_of_day }}")
    write(folder, "email.de.txt", "no subject")
    for channel, field, locale in ((Channel.SMS, "variables", "de"), (Channel.EMAIL, "template", "de")):
        with pytest.raises(RuleViolation) as violation:
            render("trial.note", channel, locale, {})
        assert violation.value.errors[0].field == field
    with pytest.raises(RuleViolation):
        render("trial.../note", Channel.SMS, "de", {})
    with pytest.raises(RuleViolation):
        render("trial.absent", Channel.SMS, "de", {})


def test_a_condition_on_a_missing_variable_fails_too(folder: Path) -> None:
    write(folder, "sms.de.txt", "{% if link %}{{ link }}{% endif %}")
    with pytest.raises(RuleViolation):
        render("trial.note", Channel.SMS, "de", {})


def test_what_does_not_fit_a_filter_is_a_fault_of_the_input(folder: Path) -> None:
    write(folder, "sms.de.txt", "{{ day|weekday }}")
    assert render("trial.note", Channel.SMS, "de", {"day": date(2026, 11, 26)}).body == "Donnerstag"
    with pytest.raises(RuleViolation):
        render("trial.note", Channel.SMS, "de", {"day": "tomorrow"})


def test_moments_print_in_the_persons_zone(folder: Path) -> None:
    write(folder, "sms.en.txt", "{{ at|weekday }} {{ at|time }} / {{ at }}")
    text = render("trial.note", Channel.SMS, "en", {"at": WHEN}, "Europe/Istanbul").body
    assert text.startswith("Sunday 03:30 / 10/25/26, 3:30")
    assert render("trial.note", Channel.SMS, "en", {"at": WHEN}, "America/New_York").body.startswith("Saturday 20:30")
    for wrong in ("Europe/Nowhere", "../etc/passwd", ""):
        with pytest.raises(RuleViolation) as violation:
            render("trial.note", Channel.SMS, "en", {"at": WHEN}, wrong)
        assert violation.value.errors[0].field == "zone"


def test_a_changed_file_is_a_new_version(folder: Path) -> None:
    write(folder, "sms.de.txt", "Alt {{ text }}")
    before = render("trial.note", Channel.SMS, "de", {"text": "x"})
    write(folder, "sms.de.txt", "Neuer {{ text }}")
    after = render("trial.note", Channel.SMS, "de", {"text": "x"})
    assert (before.body, after.body) == ("Alt x", "Neuer x") and before.version != after.version
    write(folder, "template.yaml", "priority: urgent\nnext_rung_after_minutes: 90\n")
    traits = render("trial.note", Channel.SMS, "de", {"text": "x"}).traits
    assert traits.priority is Priority.URGENT and traits.next_rung_after is not None


def test_filling_in_reads_no_file(folder: Path) -> None:
    write(folder, "email.de.txt", "Subject: {{ text }}\n\nGuten Tag, {{ text }}")
    mail = compiled("trial.note", Channel.EMAIL, "de-simple")
    (folder / "email.de.txt").unlink()
    text = mail.render({"text": "a\r\nBcc: x@example.org"})
    assert text.subject == "a" and "Guten Tag" in text.body  # and no header of the variable's own
    assert mail.variables == {"text"}


def test_html_is_derived_when_it_is_asked_for(folder: Path) -> None:
    write(folder, "email.de.txt", "Subject: Hallo\n\n{{ text }}")
    text = render("trial.note", Channel.EMAIL, "de", {"text": "<b>"})
    assert text.html == "" and "&lt;b&gt;" in text.page and '<html lang="de"' in text.page
    write(folder, "email.de.html", "<p>{{ text }}</p>")
    own = render("trial.note", Channel.EMAIL, "de", {"text": "<b>"})
    assert own.html == own.page == "<p>&lt;b&gt;</p>" and own.version != text.version


def test_templates_cannot_read_other_files(folder: Path) -> None:
    write(folder, "sms.de.txt", "{% include 'note/template.yaml' %}")
    with pytest.raises(RuleViolation):
        render("trial.note", Channel.SMS, "de", {})
