"""Files of an application that is being filled in: added to those that are there, taken away, moved with entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.errors import FieldError, RuleViolation
from services import files
from services.attachments import CleanFile
from services.definitions import ServiceDefinition
from services.models import ScanState, ServiceRequest


@dataclass(frozen=True)
class Kept:
    """A file that a draft holds."""

    id: str
    name: str
    size_kb: int


def kept(draft: ServiceRequest | None) -> dict[str, list[Kept]]:
    """The files that a draft holds, by path."""
    found: dict[str, list[Kept]] = {}
    for one in draft.attachments if draft else ():
        if one.scan is ScanState.INFECTED:
            continue
        shown = Kept(str(one.id), one.file_name or "", max(1, round(one.size / 1024)))
        found.setdefault(one.field, []).append(shown)
    return found


def attach(draft: ServiceRequest, definition: ServiceDefinition, new: Sequence[CleanFile]) -> list[FieldError]:
    """Put files to those that are there, as many as their field takes; where it takes one, the new one replaces it.

    Gives the complaints about those that were too many. Call inside `transaction()`.
    """
    errors: list[FieldError] = []
    for file in new:
        try:
            files.put(draft, [file], definition)
        except RuleViolation as refused:
            errors += refused.errors
    return errors


def entry_removed(draft: ServiceRequest, path: str) -> None:
    """An entry of a repeating group goes: its files go with it, those of later entries move up."""
    group, _, text = path.rpartition(".")
    if not text.isdecimal():
        return
    for one in list(draft.attachments):
        if not one.field.startswith(f"{group}."):
            continue
        number, _, rest = one.field[len(group) + 1 :].partition(".")
        if number == text:
            draft.attachments.remove(one)
        elif number.isdecimal() and int(number) > int(text):
            one.field = f"{group}.{int(number) - 1}.{rest}"
