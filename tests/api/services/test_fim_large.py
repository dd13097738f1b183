"""A large schema of FIM the whole way: imported, checked, looked at, applied for, and out again under its ids."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from services import definitions
from services.cli import services
from services.fim.schema import DataField, DataGroup, Placed
from services.fim.xdatenfelder import read
from services.seeding_answers import invented
from tests.factories.fim import LARGE_LISTS, genericode, large

pytestmark = [pytest.mark.usefixtures("places"), pytest.mark.one_database]
SLUG = "hundesteuer-anmelden"
BYTES = 160_000


def imported(file: Path, catalogue: Path, tmp_path: Path) -> None:
    """What `obhut services import-fim` makes of it, in the catalogue."""
    lists = []
    for number, (urn, values) in enumerate(LARGE_LISTS.items()):
        path = tmp_path / f"list{number}.xml"
        path.write_bytes(genericode(urn, dict(values)))
        lists += ["--code-list", str(path)]
    done = CliRunner().invoke(services, ["import-fim", str(file), "--out", str(catalogue), *lists])
    assert done.exit_code == 0, done.output
    assert "is not here; it is a text" not in done.output
    written = catalogue / f"{SLUG}.yaml"
    written.write_text(written.read_text().replace("department: offen", "department: buergerservice"))
    checked = CliRunner().invoke(services, ["check", str(written)])
    assert checked.exit_code == 0, checked.output
    definitions.catalogue.cache_clear()


def faults(placed: tuple[Placed, ...], content: dict[str, Any]) -> Iterator[str]:
    """What of an export in JSON is not as the schema has it: ids, how often, types, codes."""
    known = {one.part.id: one for one in placed}
    yield from (f"{number} is unknown" for number in content if number not in known)
    for number, place in known.items():
        given = content.get(number, [])
        values = given if isinstance(given, list) else [given]
        is_file = isinstance(place.part, DataField) and place.part.datatype == "file"
        if not is_file and not place.least <= len(values) <= (place.most or 100):
            yield f"{number} stands there {len(values)} times"
        if isinstance(place.part, DataGroup):
            for one in values:
                yield from faults(place.part.children, one)
        else:
            yield from (f"{number}: {one!r}" for one in values if not _fits(place.part, one))


def _fits(field: DataField, value: Any) -> bool:
    if field.kind == "select":
        assert field.code_list is not None
        return value in dict(LARGE_LISTS[field.code_list.urn])
    limits = field.limits
    if field.datatype in ("num", "num_int", "num_currency"):
        return float(limits.min_value or 0) <= value <= float(limits.max_value or 0)
    if field.datatype == "date":
        return (limits.min_value or "") <= value <= (limits.max_value or "")
    if field.datatype == "bool":
        return isinstance(value, bool)
    return isinstance(value, str) and (limits.min_length or 0) <= len(value) <= (limits.max_length or 100)


def counted(element: ElementTree.Element) -> Counter[str]:
    return Counter(one.tag.rpartition("}")[2] for one in element.iter())


def named(content: Any) -> Counter[str]:
    """How often each id stands in an export in JSON."""
    found: Counter[str] = Counter()
    for number, value in content.items():
        for one in value if isinstance(value, list) else [value]:
            found[number] += 1
            found += named(one) if isinstance(one, dict) else Counter()
    return found


@pytest.mark.parametrize("standard", ["2.0", "3.0"])
def test_a_large_schema_goes_the_whole_way(
    client: FlaskClient, public_catalogue: Path, tmp_path: Path, bearer: Any, login: Any, standard: str
) -> None:
    file = tmp_path / "schema.xml"
    file.write_bytes(large(BYTES, standard))
    imported(file, public_catalogue, tmp_path)
    definition = definitions.catalogue()[SLUG]
    preview = login(client, "manager").get(f"/staff/services/{SLUG}")
    assert preview.status_code == 200
    assert definition.steps[-1].title.de in preview.get_data(as_text=True)

    answers = invented(definition.steps, Random(4711), date(2026, 11, 27))
    created = client.post(f"/api/v1/services/{SLUG}/requests", json={"answers": answers}, headers=bearer("resident"))
    assert created.status_code == 201, created.json
    address = f"/api/v1/requests/{created.json['reference']}/fim"
    exported = json.loads(client.get(f"{address}.json", headers=bearer("caseworker")).data)["data"]
    assert list(faults(read(file.read_bytes()).children, exported)) == []
    values = json.dumps(exported, ensure_ascii=False)
    assert any(f'"{code}"' in values for code in ("a b", "a/b", "ä"))  # which are no values with us
    root = ElementTree.fromstring(client.get(f"{address}.xml", headers=bearer("caseworker")).data)
    assert counted(root) - Counter(["S99000001"]) == named(exported)
