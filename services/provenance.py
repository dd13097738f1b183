"""Whose word an answer is: the login's, a register's, or the applicant's own. Pure.

A request keeps it for every answer that the form began with; what the applicant changed counts as typed by them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from services.form.fields import FormField
from services.form.parsing import parse
from services.form.plain import Invalid, PartsInvalid
from services.progress import Given, Progress
from services.typed import answer_at, paths

LOGIN, TYPED = "login", "typed"


def origin(field: FormField, given: Given | None, answer: Any) -> str:
    """The source of an answer to `field`: of what it began with if that still stands there, else "typed"."""
    return given.source if given is not None and is_same(field, given.value, answer) else TYPED


def is_same(field: FormField, first: Any, second: Any) -> bool:
    """Whether both say the same, in whatever way they are written."""
    try:
        return bool(parse(field, first) == parse(field, second))
    except (Invalid, PartsInvalid):
        return bool(first == second)


def of_request(fields: Sequence[FormField], progress: Progress, answers: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a request keeps, by path: source, claim and level of trust; with the consents. None: all was typed."""
    known, kept = dict(paths(fields, {})), {}
    for path, given in progress.given.items():
        answer = answer_at(answers, path)
        if path in known and answer is not None:
            kept[path] = _said(given, origin(known[path], given, answer))
    if not kept and not progress.consents:
        return None
    consents = [{"source": one.source, "version": one.version, "at": one.at} for one in progress.consents]
    return {"answers": kept, "consents": consents}


def _said(given: Given, source: str) -> dict[str, str]:
    if source == TYPED:
        return {"source": TYPED}
    return {"source": source, "claim": given.claim} | ({"trust": given.trust} if given.trust else {})
