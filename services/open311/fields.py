"""What of a service's form stands for what on Open311. Pure.

GeoReport v2 knows a description, a place, photos and a contact; everything else of a form is an attribute with a code,
which is the dotted way of the field. A group that may be repeated cannot be said there, and is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.definition_parts import Contact, Open311
from services.definitions import ServiceDefinition
from services.form.fields import FieldType, FormField

CONTACT = {"given_name": "first_name", "family_name": "last_name", "email": "email", "phone": "phone"}
"""Our names for how somebody is reached, and those of GeoReport."""
ADDRESS_WORDS = frozenset({"address", "address_string", "place", "location_text", "where"})


@dataclass(frozen=True)
class Leaf:
    """A question and the dotted way to its answer; `is_optional`: what is around it need not be there."""

    path: str
    field: FormField
    is_optional: bool = False


def leaves(fields: Sequence[FormField], way: str = "", *, is_optional: bool = False) -> Iterator[Leaf]:
    """The questions of a form that have one place, in its order."""
    for field in fields:
        optional = is_optional or field.visible is not None
        if field.type is FieldType.GROUP:
            if field.repeats is None:
                yield from leaves(field.fields, f"{way}{field.key}.", is_optional=optional or not field.required)
        else:
            yield Leaf(f"{way}{field.key}", field, optional)


def all_leaves(definition: ServiceDefinition) -> tuple[Leaf, ...]:
    """Those of all steps."""
    return tuple(
        leaf for step in definition.steps for leaf in leaves(step.fields, is_optional=step.visible is not None)
    )


def roles(definition: ServiceDefinition) -> Open311:
    """Which fields stand for what: as the file says, else the first of the fitting kind."""
    said = definition.open311 or Open311()
    contact = set(definition.contact.model_dump(exclude_none=True).values())
    free = [leaf for leaf in all_leaves(definition) if leaf.path not in contact]

    def first(*kinds: FieldType, words: frozenset[str] | None = None) -> str | None:
        fitting = [leaf for leaf in free if leaf.field.type in kinds]
        return next((one.path for one in fitting if words is None or one.field.key in words), None)

    return completed(
        said,
        description=first(FieldType.LONG_TEXT),
        location=first(FieldType.MAP),
        address=first(FieldType.TEXT, FieldType.ADDRESS, words=ADDRESS_WORDS),
        media=first(FieldType.FILE),
    )


def completed(said: Open311, **found: str | None) -> Open311:
    """`said`, with what it leaves open filled in."""
    return said.model_copy(update={name: way for name, way in found.items() if getattr(said, name) is None})


def attributes(definition: ServiceDefinition) -> tuple[Leaf, ...]:
    """What is asked for beside description, place, photos and contact; of an address its parts."""
    found = roles(definition)
    taken = {found.description, found.location, found.address, found.media, found.media_url}
    taken |= {getattr(definition.contact, role) for role in Contact.model_fields if role in CONTACT}
    return tuple(
        leaf
        for leaf in all_leaves(definition)
        if leaf.path not in taken and leaf.field.type is not FieldType.FILE and leaf.field.computed is None
    )


def at(path: str, definition: ServiceDefinition) -> FormField | None:
    """The question at `path`."""
    return next((leaf.field for leaf in all_leaves(definition) if leaf.path == path), None)
