"""What `obhut services check` has to say about the public side of a service. Pure."""

from collections.abc import Iterator

from services.definitions import ServiceDefinition
from services.form.fields import FieldType, every
from services.form.rule_checks import Found
from services.open311.fields import all_leaves, roles
from services.open311.published import LONGEST

KINDS = {
    "description": (FieldType.TEXT, FieldType.LONG_TEXT),
    "location": (FieldType.MAP,),
    "address": (FieldType.TEXT, FieldType.LONG_TEXT, FieldType.ADDRESS),
    "media": (FieldType.FILE,),
    "media_url": (FieldType.TEXT, FieldType.LONG_TEXT),
}


def look(definition: ServiceDefinition) -> Iterator[Found]:
    """Names under `open311` that lead nowhere, and what keeps a public service from being reported to."""
    leaves = {leaf.path: leaf.field for leaf in all_leaves(definition)}
    for role, kinds in KINDS.items():
        way = getattr(definition.open311, role, None)
        if way is not None and (way not in leaves or leaves[way].type not in kinds):
            yield Found(("open311", role), f"there is no field “{way}” that could be the {role}")
    if not definition.public:
        return
    if not any(field.public for field in every(definition.fields)):
        yield Found(("public",), "the service is public, and none of its fields is: reports would be empty")
    found = roles(definition)
    described = leaves.get(found.description or "")
    if described is not None and described.max_length < LONGEST:
        way, least = found.description, LONGEST
        yield Found(("public",), f"the field “{way}” has to take {least} characters, which Open311 lets clients send")
    contact = set(definition.contact.model_dump(exclude_none=True).values())
    for path, field in leaves.items():
        if field.public and path in contact:
            yield Found(("public",), f"the field “{path}” says how somebody is reached, and must not be public")
    for field in definition.fields:
        if field.repeats is not None and field.repeats.least > 0 and field.visible is None:
            yield Found(("public",), f"“{field.key}” has to be filled in, and Open311 cannot ask for what is repeated")
    files = [path for path, one in leaves.items() if one.type is FieldType.FILE and one.required and not one.visible]
    if [path for path in files if path != found.media]:
        yield Found(("public",), "a file is required beside the photos, and Open311 sends files for one field")
