"""What `obhut services check` looks at: a definition, its form's tests, and what other rooms know of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from config.yaml_lines import line_of, load, mistake
from services.definitions import TESTS, DefinitionError, ServiceDefinition, load_file
from services.form.form_tests import FormTests, failures
from services.form.rule_checks import Found

MESSAGES = Path(__file__).parent / "templates" / "messages"
Check = Callable[[ServiceDefinition], Iterable[Found]]
_further: list[Check] = []


def register_check(check: Check) -> None:
    """Let a room look at every definition too, such as at the names of its plug-ins. Registering twice counts once."""
    if check not in _further:
        _further.append(check)


@dataclass(frozen=True)
class Report:
    """What became of one file. Problems and warnings are lines `file:line: what is wrong`."""

    path: Path
    definition: ServiceDefinition | None
    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    tests: int = 0


def check_file(path: Path) -> Report:
    """Look at one definition and at the tests beside it."""
    try:
        definition = load_file(path)
    except DefinitionError as error:
        return Report(path, None, tuple(error.problems))
    text = path.read_text(encoding="utf-8")
    wrong = [*_mails(definition), *(found for check in _further for found in check(definition))]
    problems = [_line(path.name, text, one) for one in wrong]
    tests_path = path.with_name(definition.slug + TESTS)
    if not tests_path.exists():
        warning = f"{path.name}:1: warning: its form has no tests ({tests_path.name})"
        return Report(path, definition, tuple(problems), (warning,))
    number, failed = _tests(tests_path, definition)
    return Report(path, definition, (*problems, *failed), tests=number)


def _tests(path: Path, definition: ServiceDefinition) -> tuple[int, list[str]]:
    """How many tests there are, and what failed."""
    try:
        text = path.read_text(encoding="utf-8")
        tests = FormTests.model_validate(load(text))
    except UnicodeDecodeError as error:
        return 0, [f"{path.name}:1: the file is not UTF-8 (byte {error.start})"]
    except yaml.YAMLError as error:
        line, problem = mistake(error)
        return 0, [f"{path.name}:{line}: {problem}"]
    except ValidationError as error:
        found = [Found(one["loc"], str(one["msg"]).removeprefix("Value error, ")) for one in error.errors()]
        return 0, [_line(path.name, text, one) for one in found]
    amount: Any = definition.payment.amount if definition.payment else None
    return len(tests.tests), [_line(path.name, text, one) for one in failures(tests, definition.steps, amount)]


def _mails(definition: ServiceDefinition) -> list[Found]:
    known = sorted(one.name for one in MESSAGES.iterdir() if one.is_dir())
    return [
        Found(("mails", key), f"there is no message “{key}” (there are {', '.join(known)})")
        for key in definition.mails
        if key not in known
    ]


def _line(name: str, text: str, found: Found) -> str:
    where = ".".join(str(part) for part in found.where)
    line = line_of(text, found.where)
    return f"{name}:{line}: {where}: {found.message}" if where else f"{name}:{line}: {found.message}"
