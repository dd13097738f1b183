"""Files of an application that is being filled in: added to those that are there, taken away, moved with entries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from config.errors import N_, FieldError
from services import submission
from services.attachments import CleanFile
from services.definitions import ServiceDefinition
from services.form.fields import FieldType, FormField
from services.models import AttachmentKind, ServiceRequest


@dataclass(frozen=True)
class Kept:
    """A file that a draft holds."""

    id: str
    name: str
    size_kb: int


def field_at(fields: Sequence[FormField], path: str) -> FormField | None:
    """The file field at `path`, through groups and their entries; None when there is none."""
    first, _, rest = path.partition(".")
    field = next((one for one in fields if one.key == first), None)
    if field is None or not rest:
        return field if field is not None and field.type is FieldType.FILE else None
    if field.repeats is not None:
        number, _, rest = rest.partition(".")
        if not number.isdecimal():
            return None
    return field_at(field.fields, rest)


def numbers(draft: ServiceRequest | None) -> dict[str, int]:
    """How many files there are at each path."""
    return dict(Counter(one.field for one in draft.attachments)) if draft else {}


def kept(draft: ServiceRequest | None) -> dict[str, list[Kept]]:
    """The files that a draft holds, by path."""
    found: dict[str, list[Kept]] = {}
    for one in draft.attachments if draft else ():
        shown = Kept(str(one.id), one.file_name or "", max(1, round(one.size / 1024)))
        found.setdefault(one.field, []).append(shown)
    return found


def attach(draft: ServiceRequest, definition: ServiceDefinition, files: Sequence[CleanFile]) -> list[FieldError]:
    """Put files to those that are there, as many as their field takes; where it takes one, the new one replaces it.

    Gives the complaints about those that were too many. Call inside `transaction()`.
    """
    errors = []
    for file in files:
        field = field_at(definition.fields, file.field)
        there = [one for one in draft.attachments if one.field == file.field]
        if field is None:
            errors.append(FieldError(file.field, N_("This form has no such field.")))
            continue
        if field.max_files == 1:
            for old in there:
                draft.attachments.remove(old)
        elif len(there) >= field.max_files:
            params = {"name": file.file_name, "most": field.max_files}
            errors.append(FieldError(file.field, N_("“{name}” was not added: at most {most} files."), params))
            continue
        submission.add_file(draft, file, AttachmentKind.UPLOAD)
    return errors


def remove(draft: ServiceRequest, attachment_id: str) -> None:
    """Take one file away. Call inside `transaction()`."""
    for one in [one for one in draft.attachments if str(one.id) == attachment_id]:
        draft.attachments.remove(one)


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
