"""Text modules of orders: complete, checked when loaded, and found by what an officer writes as legal basis."""

from pathlib import Path

import pytest

from care import order_texts
from care.order_texts import all_texts, common_text, text_for, text_named
from care.vocabulary import Kind, OrderEventKind
from config.errors import ConfigurationError


@pytest.mark.parametrize(
    ("basis", "code"),
    [
        ("§ 30 IfSG", "absonderung"),
        ("§ 28 Abs. 1 Satz 1 i. V. m. § 30 Abs. 1 Satz 2 IfSG", "absonderung"),
        ("§§ 28, 29 IfSG", "beobachtung"),
        ("§ 31 IfSG", "taetigkeitsverbot"),
        ("§28 IfSG", "schutzmassnahme"),
    ],
)
def test_the_special_measure_counts(basis, code):
    found = text_for(basis)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("basis", ["Allgemeinverfügung", "§ 5 PolG", ""])
def test_another_basis_has_no_text(basis):
    assert text_for(basis) is None


@pytest.mark.parametrize("module", all_texts().values(), ids=lambda module: module.code)
@pytest.mark.parametrize("event", [event for event in OrderEventKind if event != OrderEventKind.ISSUE_VERBAL])
def test_every_step_says_something_for_every_kind(module, event):
    for kind in Kind:
        step = module.step(event, kind)
        assert step.subject
        assert "{last_day}" in " ".join(step.operative)


def test_what_the_law_wants_to_be_said():
    common = common_text(1)
    assert "§ 16 Abs. 8 IfSG" in common.suspensive and "§ 80 Abs. 5 VwGO" in common.suspensive
    assert "vierten Tag" in common.announcement  # § 41 (2) VwVfG since 2025
    assert "eines Monats" in common.remedy and "{court}" in common.remedy
    assert "Widerspruch" not in common.remedy  # § 80 (1) NJG
    assert "Artikel 2 Absatz 2 Satz 2" in common.rights  # § 28 (1) sentence 4 IfSG names them
    assert "Amtsgericht" in text_named("absonderung", 1).extra  # § 30 (2) IfSG


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("{disease}", "{illness}"), "illness"),
        (("section: 30", "section: 35"), "section"),
        (("  index:", "  suspect:"), "suspect"),
        (("version: 1\n", "version: 1\nversion: 1\n"), "twice"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(change, named, tmp_path: Path, monkeypatch):
    for path in order_texts.DIRECTORY.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        old, new = change if path.stem.startswith("absonderung") else ("", "")
        assert old in text
        (tmp_path / path.name).write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    monkeypatch.setattr(order_texts, "DIRECTORY", tmp_path)
    all_texts.cache_clear()
    common_text.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match=named) as wrong:
            all_texts()
        assert "absonderung-1.yaml, line" in str(wrong.value)
    finally:
        all_texts.cache_clear()
        common_text.cache_clear()
