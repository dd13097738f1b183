"""Tests that ship with a form, and `obhut services check`, which runs them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from services import checking
from services.cli import services
from services.definitions import CATALOGUE, ServiceDefinition, definition_files, load_folder
from services.form.form_tests import FormTests, failures
from services.form.rule_checks import Found
from tests.support.forms import steps

PERMIT, TESTS = "bewohnerparkausweis.yaml", "bewohnerparkausweis.tests.yaml"
FORM = """
steps:
- key: one
  fields:
    - {key: other, type: yes_no}
    - {key: name, visible: {var: other}}
- key: two
  visible: {var: other}
  fields: [{key: n, type: integer}, {key: sum, type: money, computed: {"*": [{var: n}, 2.5]}}]
"""


def said(test: str, amount: Any = None) -> list[tuple[str, str]]:
    tests = FormTests.model_validate({"today": "2026-11-27", "tests": [{"name": "x"} | yaml.safe_load(test)]})
    found = failures(tests, steps(FORM), amount)
    return [(".".join(str(part) for part in one.where[2:]), one.message.removeprefix("“x”: ")) for one in found]


@pytest.mark.parametrize(
    "test",
    [
        "{answers: {other: false}, steps: [one], hidden: [n], required: [other], result: {other: false, n: null}}",
        "{answers: {other: true}, steps: [one, two], shown: [name], errors: [name, n]}",
        "{answers: {other: true, n: x}, errors: {name: Please fill in this field., n: This must be a whole number.}}",
        "{answers: {other: ja, name: Ida, n: 3}, computed: {sum: '7.50'}, result: {sum: '7.50'}}",
        "{answers: {}, errors: {other: null}, optional: [sum]}",
    ],
)
def test_what_is_as_it_should_be(test: str) -> None:
    assert said(test) == []


@pytest.mark.parametrize(
    ("test", "where", "says"),
    [
        ("{answers: {other: false}, steps: [one, two]}", "steps", "the steps are one"),
        ("{answers: {other: false}, shown: [name]}", "shown.0", "name is hidden"),
        ("{answers: {other: false}, hidden: [other]}", "hidden.0", "other is shown"),
        ("{answers: {other: false}, required: [name]}", "required.0", "name is optional"),
        ("{answers: {other: false}, optional: [other]}", "optional.0", "other is required"),
        ("{answers: {other: false}, hidden: [nome]}", "hidden.0", "there is no field nome"),
        ("{answers: {other: false}, errors: [other]}", "errors.other", "other is accepted"),
        ("{answers: {}}", "errors", "other is refused: Please choose one."),
        ("{answers: {}, errors: {other: Nein.}}", "errors.other", "other says: Please choose one."),
        ("{answers: {other: false}, result: {other: true}}", "result.other", "other is False"),
        ("{answers: {other: false}, computed: {sum: '1.00'}}", "computed.sum", "sum is None"),
    ],
)
def test_what_is_otherwise_is_named(test: str, where: str, says: str) -> None:
    assert said(test) == [(where, says)]


def test_what_has_to_be_paid() -> None:
    rule = {"*": [{"if": [{"var": "other"}, 2, 1]}, "30.70"]}
    assert said("{answers: {other: false}, amount: 30.70}", rule) == []
    assert said("{answers: {other: false}, amount: 61.40}", rule) == [("amount", "the amount is 30.70")]


def copied(folder: Path, **changes: tuple[str, str]) -> Path:
    """The parking permit and its tests in `folder`, with texts replaced."""
    for name, key in ((PERMIT, "permit"), (TESTS, "tests")):
        text = (CATALOGUE / name).read_text(encoding="utf-8")
        old, new = changes.get(key, ("", ""))
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return folder / PERMIT


def checked(path: Path) -> tuple[int, str]:
    ran = CliRunner().invoke(services, ["check", str(path)])
    return ran.exit_code, ran.output


def test_the_catalogue_passes_with_tests_for_every_form() -> None:
    ran = CliRunner().invoke(services, ["check"])
    assert ran.exit_code == 0, ran.output
    for path in definition_files(CATALOGUE):
        assert checking.check_file(path).tests > 0, path.name


def test_a_failing_test_is_named_with_its_line(tmp_path: Path) -> None:
    path = copied(tmp_path, tests=("hidden: [holder_name, phone]", "hidden: [holder_name, zone]"))
    line = next(n for n, one in enumerate((tmp_path / TESTS).read_text().splitlines(), 1) if "holder_name, zone" in one)
    code, output = checked(path)
    assert code == 1
    assert f"{TESTS}:{line}: tests.0.hidden.1: “" in output and "zone is shown" in output


def test_a_form_without_tests_is_a_warning(tmp_path: Path) -> None:
    path = copied(tmp_path)
    (tmp_path / TESTS).unlink()
    code, output = checked(path)
    assert (code, "warning: its form has no tests" in output) == (0, True)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("today: 2026-11-27", "today: soon", f"{TESTS}:1: today:"),
        ("today: 2026-11-27", "today: [", f"{TESTS}:"),
        ("hidden:", "hiden:", "tests.0.hiden: Extra inputs are not permitted"),
    ],
)
def test_tests_that_cannot_be_read(tmp_path: Path, old: str, new: str, says: str) -> None:
    code, output = checked(copied(tmp_path, tests=(old, new)))
    assert code == 1 and says in output


def test_a_mail_that_nobody_sends(tmp_path: Path) -> None:
    mails = "version: 5\nmails: {submitted: {body: {de: x}}, sung: {body: {de: x}}}"
    code, output = checked(copied(tmp_path, permit=("version: 5", mails)))
    assert code == 1 and "mails.submitted" not in output
    assert f"{PERMIT}:5: mails.sung: there is no message “sung”" in output


def test_other_rooms_look_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_further", [])

    def plug_ins(definition: ServiceDefinition) -> list[Found]:
        return [Found(("hand_over", 0, "to"), f"no plug-in “{one.to}”") for one in definition.hand_over]

    checking.register_check(plug_ins)
    checking.register_check(plug_ins)
    path = copied(tmp_path, permit=("version: 5", "version: 5\nhand_over:\n  - to: pigeon"))
    assert checking.check_file(path).problems == (f"{PERMIT}:6: hand_over.0.to: no plug-in “pigeon”",)


def test_a_file_of_tests_stands_for_its_form(tmp_path: Path) -> None:
    path = copied(tmp_path)
    ran = CliRunner().invoke(services, ["check", str(path), str(tmp_path / TESTS)])
    assert (ran.exit_code, len(ran.output.splitlines())) == (0, 1)


def test_tests_are_no_services(tmp_path: Path) -> None:
    copied(tmp_path)
    assert list(load_folder(tmp_path)) == ["bewohnerparkausweis"]
