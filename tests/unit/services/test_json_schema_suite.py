"""The keywords of our schemas mean what JSON Schema says: the official suite, and samples of our own in its format."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.form.json_schema import KEYWORDS
from services.form.schema_validator import SchemaValidator
from tests.servers import schema_suite

OWN = Path(__file__).with_name("json_schema_samples.json")
NOTES = frozenset({"$schema", "title", "description"})
"""Keywords that only tell; the suite has no file for them."""


def cases(path: Path) -> Iterator[tuple[str, Any, Any, bool]]:
    for group in json.loads(path.read_text(encoding="utf-8")):
        for test in group["tests"]:
            yield f"{group['description']}: {test['description']}", group["schema"], test["data"], test["valid"]


def wrong(path: Path) -> tuple[int, list[str]]:
    """How many cases there are, and which go otherwise."""
    looked = [(name, SchemaValidator(schema).is_valid(data) is valid) for name, schema, data, valid in cases(path)]
    return len(looked), [name for name, right in looked if not right]


def test_our_own_samples() -> None:
    number, failed = wrong(OWN)
    assert number > 20 and failed == []


def test_our_own_samples_use_every_keyword() -> None:
    text = OWN.read_text(encoding="utf-8")
    assert [keyword for keyword in KEYWORDS if f'"{keyword}"' not in text] == []


@pytest.mark.parametrize("keyword", sorted(KEYWORDS - NOTES))
def test_the_official_suite(keyword: str) -> None:
    suite = schema_suite.installed()
    if suite is None:
        pytest.skip("the JSON-Schema-Test-Suite is not here; python -m tests.servers gets it")
    number, failed = wrong(suite / f"{keyword}.json")
    assert number > 0 and failed == []
