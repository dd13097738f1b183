"""The audit trail speaks in words, and the wings write into the chain of the place whose record it is."""

import ast
from collections.abc import Iterator

from flask import Flask

from auth import audit_words
from tests.support import repository

WRITING = {"record", "looked", "record_import", "record_act"}


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    """File, `audit` or `trail`, and each call that writes an event."""
    for path in repository.product_code():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            module = node.func.value
            if node.func.attr in WRITING and isinstance(module, ast.Name) and module.id in ("audit", "trail"):
                yield str(path.relative_to(repository.ROOT)), module.id, node


def _code(call: ast.Call) -> str | None:
    found = call.args[1] if len(call.args) > 1 else None
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None


def test_every_action_has_words(house: Flask) -> None:
    codes = {_code(call) for _, _, call in _calls()} - {None}
    assert len(codes) > 40
    assert not sorted(code for code in codes if code and not audit_words.action_in_words(code))


def test_the_wings_name_the_record_and_so_its_place() -> None:
    # Past the helper one may forget whose record it is, and the event lands in the house's chain.
    past = [
        f"{file}:{call.lineno}"
        for file, module, call in _calls()
        if module == "audit" and file.startswith(("care/", "services/")) and not file.endswith("/trail.py")
        if "chain" not in {keyword.arg for keyword in call.keywords}
    ]
    assert not past
