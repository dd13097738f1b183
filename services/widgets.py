"""The questions of a step as a page shows them: labels in its language, what was typed, what is wrong, what is hidden.

Made for pages of one step (`views_apply`) and for a whole form on one page alike; `services/_widgets.html` draws them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field as default
from typing import Any

from flask_babel import gettext as _

from config.error_pages import translated
from config.errors import FieldError
from services.draft_files import Kept
from services.form.code_lists import options_of
from services.form.fields import ADDRESS_PARTS, FieldType, FormField
from services.form.reading import readable
from services.form.state import FormState
from services.prefill_sources import named
from services.progress import Given
from services.provenance import LOGIN, TYPED, origin
from services.typed import NO, YES, date_parts, name_of

FEW_OPTIONS, MANY_OPTIONS = 6, 15
ACCEPT = ".pdf,.jpg,.jpeg,.png,.heic,application/pdf,image/jpeg,image/png,image/heic"
KINDS: dict[FieldType, str] = {
    FieldType.LONG_TEXT: "textarea",
    FieldType.CHOICES: "checkboxes",
    FieldType.YES_NO: "radios",
    FieldType.DATE: "date",
    FieldType.CHECKBOX: "checkbox",
    FieldType.CONSENT: "checkbox",
    FieldType.ADDRESS: "address",
    FieldType.MAP: "map",
    FieldType.FILE: "file",
    FieldType.NOTE: "note",
}
ATTRIBUTES: dict[FieldType, dict[str, str]] = {
    FieldType.EMAIL: {"type": "email"},
    FieldType.PHONE: {"type": "tel"},
    FieldType.TIME: {"type": "time"},
    FieldType.INTEGER: {"inputmode": "numeric"},
    FieldType.NUMBER: {"inputmode": "decimal"},
    FieldType.MONEY: {"inputmode": "decimal"},
    FieldType.IBAN: {"autocapitalize": "characters", "autocomplete": "off", "maxlength": "42"},
    FieldType.LICENCE_PLATE: {"autocapitalize": "characters", "autocomplete": "off", "maxlength": "16"},
}
FIRST = {"radios": "-0", "checkboxes": "-0", "date": "-day", "address": "-street", "map": "-lat"}
"""What is added to a widget's name for the control that an error leads to."""


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Widget:
    """One question, or a group of them. `value` is what was typed: a text, a bool, or texts by part."""

    path: str
    name: str
    kind: str
    type: str
    label: str
    hint: str = ""
    help: str = ""
    is_required: bool = True
    is_shown: bool = True
    value: Any = ""
    errors: tuple[str, ...] = ()
    part_errors: Mapping[str, tuple[str, ...]] = default(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    inner: tuple["Widget", ...] = ()
    entry_label: str = ""
    entries: tuple[tuple["Widget", ...], ...] = ()
    may_add: bool = False
    may_remove: bool = False
    files: Sequence[Kept] = ()
    most_files: int = 1
    origin: str = ""
    attributes: Mapping[str, str] = default(default_factory=dict)

    @property
    def target(self) -> str:
        """The id of the control that an error leads to."""
        return self.name + FIRST.get(self.kind, "")


@dataclass(frozen=True)
class Sheet:
    """What all questions of a page are shown with."""

    locale: str
    state: FormState
    errors: Mapping[str, tuple[str, ...]] = default(default_factory=dict)
    files: Mapping[str, Sequence[Kept]] = default(default_factory=dict)
    given: Mapping[str, Given] = default(default_factory=dict)

    def errors_at(self, path: str) -> tuple[str, ...]:
        return self.errors.get(path, ())


def worded(errors: Iterable[FieldError]) -> dict[str, tuple[str, ...]]:
    """Complaints by path, in the language of the page."""
    found: dict[str, tuple[str, ...]] = {}
    for error in errors:
        found[error.field] = (*found.get(error.field, ()), translated(error))
    return found


def widgets(fields: Iterable[FormField], answers: Any, sheet: Sheet, path: str = "") -> tuple[Widget, ...]:
    """These fields with these answers, hidden ones too: a script may show them."""
    known = answers if isinstance(answers, Mapping) else {}
    return tuple(
        _widget(field, f"{path}.{field.key}" if path else field.key, known.get(field.key), sheet) for field in fields
    )


def _widget(field: FormField, path: str, answer: Any, sheet: Sheet) -> Widget:
    common: dict[str, Any] = {
        "path": path,
        "name": name_of(path),
        "type": field.type.value,
        "label": field.label.to(sheet.locale),
        "hint": field.hint.to(sheet.locale) if field.hint else "",
        "help": field.help.to(sheet.locale) if field.help else "",
        "is_required": sheet.state.requires(path),
        "is_shown": sheet.state.shows(path),
        "errors": sheet.errors_at(path),
    }
    if field.computed is not None:
        return Widget(kind="computed", value=computed_text(field, path, sheet), **common)
    if field.type is FieldType.GROUP:
        return _group(field, path, answer, sheet, common)
    if path in sheet.given:
        common["origin"] = origin_words(field, sheet.given[path], answer)
    match field.type:
        case FieldType.CHOICE | FieldType.CHOICES | FieldType.YES_NO:
            return _choosing(field, answer, sheet, common)
        case FieldType.DATE:
            return Widget(kind="date", value=date_parts(answer), **common)
        case FieldType.ADDRESS | FieldType.MAP:
            return _parts(field, path, answer, sheet, common)
        case FieldType.CHECKBOX | FieldType.CONSENT:
            return Widget(kind="checkbox", value=_is_ticked(answer), **common)
        case FieldType.FILE:
            common["attributes"] = {"accept": ACCEPT}
            return Widget(kind="file", files=sheet.files.get(path, ()), most_files=field.max_files, **common)
    kind = KINDS.get(field.type, "text")
    text = answer if isinstance(answer, str) else "" if answer is None else str(answer)
    return Widget(kind=kind, value=text, attributes=_attributes(field), **common)


def _group(field: FormField, path: str, answer: Any, sheet: Sheet, common: dict[str, Any]) -> Widget:
    if field.repeats is None:
        return Widget(kind="group", inner=widgets(field.fields, answer, sheet, path), **common)
    typed = answer if isinstance(answer, list) else []
    shown = [*typed, *[{}] * (max(field.repeats.least, 1 if common["is_required"] else 0) - len(typed))]
    return Widget(
        kind="repeat",
        entries=tuple(widgets(field.fields, entry, sheet, f"{path}.{number}") for number, entry in enumerate(shown)),
        entry_label=field.entry_label(sheet.locale),
        may_add=len(shown) < field.repeats.most,
        may_remove=len(shown) > field.repeats.least,
        **common,
    )


def _choosing(field: FormField, answer: Any, sheet: Sheet, common: dict[str, Any]) -> Widget:
    if field.type is FieldType.YES_NO:
        both = (Choice(YES, _("Yes"), answer is True), Choice(NO, _("No"), answer is False))
        return Widget(kind="radios", choices=both, **common)
    chosen = set(answer) if isinstance(answer, list) else {answer}
    choices = tuple(
        Choice(option.value, option.label.to(sheet.locale), option.value in chosen) for option in options_of(field)
    )
    common["attributes"] = {"data-many": "1"} if len(choices) > MANY_OPTIONS else {}
    if field.type is FieldType.CHOICES:
        return Widget(kind="checkboxes", choices=choices, **common)
    return Widget(kind="radios" if len(choices) <= FEW_OPTIONS else "select", choices=choices, **common)


def _parts(field: FormField, path: str, answer: Any, sheet: Sheet, common: dict[str, Any]) -> Widget:
    names = ADDRESS_PARTS if field.type is FieldType.ADDRESS else ("lat", "lon")
    typed = answer if isinstance(answer, Mapping) else {}
    return Widget(
        kind=KINDS[field.type],
        value={part: str(typed.get(part, "")) for part in names},
        part_errors={part: sheet.errors_at(f"{path}.{part}") for part in names},
        **common,
    )


def _is_ticked(answer: Any) -> bool:
    return answer.get("given") is True if isinstance(answer, Mapping) else answer is True


def _attributes(field: FormField) -> dict[str, str]:
    found = dict(ATTRIBUTES.get(field.type, {}))
    if field.autocomplete:
        found["autocomplete"] = field.autocomplete
    if field.type is FieldType.LONG_TEXT:
        found["rows"] = "6"
    return found


def computed_text(field: FormField, path: str, sheet: Sheet) -> str:
    """What a rule has computed, as people read it; "" while it cannot be."""
    value = sheet.state.computed.get(path)
    return "" if value is None else readable(field, value, sheet.locale, yes=_("Yes"), no=_("No"))


def origin_words(field: FormField, given: Given, answer: Any) -> str:
    """Where an answer comes from, in words; "" when it was typed."""
    return source_words(origin(field, given, answer))


def source_words(source: str) -> str:
    """A source of answers in the words for who applies; "" for what they typed."""
    if source == TYPED:
        return ""
    register = named(source)
    return str(_("from your login") if source == LOGIN else _(register.title) if register else source)


def in_order(shown: Iterable[Widget]) -> Iterable[Widget]:
    """All widgets, those within groups too, in the page's order."""
    return (one for _place, one in _placed(shown))


def _placed(shown: Iterable[Widget], place: str = "") -> Iterator[tuple[str, Widget]]:
    """The same, each with the entry of a repeated group in which it stands, as in "Child 2"; "" outside of any."""
    for one in shown:
        yield place, one
        yield from _placed(one.inner, place)
        for number, entry in enumerate(one.entries, start=1):
            title = f"{one.entry_label} {number}"
            yield from _placed(entry, f"{place}, {title}" if place else title)


def complaints(shown: Iterable[Widget], errors: Mapping[str, tuple[str, ...]]) -> list[tuple[str, str, str]]:
    """For the list above a form: the id of the control, its label, and what is wrong; "" where there is no control.

    What is asked of each entry of a repeated group has the entry before its label: "Child 2: Date of birth".
    """
    found, left = [], dict(errors)
    for place, widget in _placed(shown):
        label = f"{place}: {widget.label}" if place else widget.label
        if messages := left.pop(widget.path, ()):
            found.append((widget.target, label, " ".join(messages)))
        for part in widget.part_errors:
            if messages := left.pop(f"{widget.path}.{part}", ()):
                found.append((f"{widget.name}-{part}", label, " ".join(messages)))
    return [*found, *(("", "", " ".join(messages)) for messages in left.values())]
