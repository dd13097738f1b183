"""Definition files and their mistakes."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from services.cli import services
from services.definitions import CATALOGUE, DefinitionError, ServiceDefinition, catalogue, parse
from services.search import find

PERMIT = (CATALOGUE / "bewohnerparkausweis.yaml").read_text(encoding="utf-8")


def problems(text: str, name: str = "<text>") -> list[str]:
    with pytest.raises(DefinitionError) as wrong:
        parse(text, name)
    return wrong.value.problems


def test_every_file_of_the_catalogue_is_right_and_in_two_languages() -> None:
    for slug, service in catalogue().items():
        assert service.slug == slug
        texts = [service.title, service.summary, service.description, *(one.label for one in service.fields)]
        assert all(text.en for text in texts)


@pytest.mark.parametrize("language", ["tr", "uk", "ru", "pl", "fr", "ar"])
def test_what_a_service_is_and_its_steps_are_there_in_all_languages(language: str) -> None:
    for service in catalogue().values():
        for text in (service.title, service.summary, *(step.title for step in service.steps)):
            said = getattr(text, language)
            assert said and said == said.strip(), (service.slug, text.de)


def test_a_snapshot_reads_as_it_was() -> None:
    service = parse(PERMIT, "<text>")
    again = ServiceDefinition.model_validate(service.model_dump(mode="json", exclude_none=True))
    assert again == service
    assert again.digest == service.digest


def test_a_copy_that_says_something_else_has_another_digest_and_its_own_fields() -> None:
    service = parse(PERMIT, "<text>")
    before, fields = service.digest, service.fields
    copied = service.model_copy(update={"steps": service.steps[:1]})
    assert copied.digest != before and copied.fields == fields[: len(service.steps[0].fields)]
    assert service.model_copy().digest == before


@pytest.mark.parametrize(
    ("right", "wrong", "line_of", "says"),
    [
        ("type: licence_plate", "type: plate", "type: plate", "steps.1.fields.0.type"),
        ("version: 5", "version: two", "version: two", "version"),
        ("department: buergerservice", "departement: x", "slug:", "department: Field required"),
        ("version: 5", "version: 5\nslug: again", "slug: again", "given twice"),
        ("phone: phone", "phone: fone", "slug:", "contact.phone"),
        ("working_days: 15", "working_days: 0", "working_days: 0", "deadline.working_days"),
        ("value: B\n", "value: A\n", "key: zone", "two options"),
        ("title:", "title: [", "department:", ""),
    ],
)
def test_a_mistake_is_named_with_its_line(right: str, wrong: str, line_of: str, says: str) -> None:
    text = PERMIT.replace(right, wrong, 1)
    found = problems(text)
    assert any(says in problem for problem in found)
    if says:
        line = next(n for n, one in enumerate(text.splitlines(), start=1) if line_of in one)
        assert any(f":{line}:" in problem for problem in found), (line, found)
    assert all(problem.startswith("<text>:") for problem in found)


@pytest.mark.parametrize(
    "what", ["payment: {amount: 5, purpose: {de: Gebühr, en: Fee}}", "assurance: substantial"], ids=["fee", "assurance"]
)
def test_without_a_login_nobody_pays_online_or_is_known(what: str) -> None:
    text = PERMIT.replace("version: 5", f"version: 5\n{what}", 1)
    parse(text, "<text>")
    [problem] = problems(text.replace("version: 5", "version: 5\nlogin: false", 1))
    assert f" {what.partition(':')[0]}: without a login" in problem


@pytest.mark.parametrize("text", ["", "- a", "just text", "a: !!python/object:os.system x", "a: &x [*x]\n? [b]\n: c"])
def test_other_yaml_is_refused_in_a_line(text: str) -> None:
    assert len(problems(text)[0].splitlines()) == 1


def test_the_file_is_called_like_the_service() -> None:
    assert "bewohnerparkausweis.yaml" in problems(PERMIT, "parken.yaml")[0]


def test_check_names_all_mistakes(tmp_path: Path) -> None:
    good, bad = tmp_path / "bewohnerparkausweis.yaml", tmp_path / "bad.yaml"
    good.write_text(PERMIT, encoding="utf-8")
    bad.write_bytes("slug: ä".encode("latin-1"))
    assert CliRunner().invoke(services, ["check"]).exit_code == 0
    ran = CliRunner().invoke(services, ["check", str(good), str(bad)])
    assert ran.exit_code == 1
    assert "bad.yaml:1: the file is not UTF-8" in ran.output
    assert "version 5, 4 steps, 14 fields" in ran.output


@pytest.mark.parametrize(
    ("words", "locale", "found"),
    [("", "de", True), ("ANWOHNER", "de", True), ("park resident", "en", True), ("raumschiff", "de", False)],
)
def test_search(words: str, locale: str, found: bool) -> None:
    assert bool(find(catalogue().values(), words, locale)) is found


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{to: pigeon}", "hand_over.0.to: there is no way called “pigeon”"),
        ("{to: webhook, options: {secret: records}}", "hand_over.0.options: url: must be an address such as"),
        ("{to: email, options: {to: nobody}}", "hand_over.0.options: to: this is no e-mail address"),
        ("{to: fit-connect-v1}", "hand_over.0.to: fit-connect-v1 needs the service's LeiKa key (leika)"),
        ("{to: fit-connect-v1}", "hand_over.0.options: destination: must be the id of a Zustellpunkt"),
    ],
)
def test_a_way_of_handing_over_that_cannot_work_is_named(tmp_path: Path, entry: str, said: str) -> None:
    file = tmp_path / "bewohnerparkausweis.yaml"
    text = PERMIT.replace('leika: "99108001001000"\n', "", 1)
    file.write_text(text.replace("deadline:", f"hand_over: [{entry}]\ndeadline:", 1), encoding="utf-8")
    found = CliRunner().invoke(services, ["check", str(file)])
    assert found.exit_code == 1
    assert said in found.output
