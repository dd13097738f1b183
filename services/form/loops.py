"""Rules that lead back to themselves: a question that is shown because of what is answered to it. Pure."""

from collections.abc import Iterator, Sequence

from services.form.fields import Rule, Step
from services.form.names import names_in
from services.form.places import Level, Place, top_level

Node = tuple[str, str]
"""What is worked out, and of which field (entries of groups are not told apart) or step."""


def first_loop(steps: Sequence[Step]) -> tuple[str, ...]:
    """The paths of fields and keys of steps in a circle of rules; () when there is none."""
    leads_to = dict(_edges(steps))
    done: set[Node] = set()
    for start in leads_to:
        circle = _search(start, leads_to, [], done)
        if circle:
            return tuple(dict.fromkeys(path for _, path in circle))
    return ()


def _search(node: Node, leads_to: dict[Node, list[Node]], way: list[Node], done: set[Node]) -> list[Node]:
    if node in way:
        return way[way.index(node) :]
    if node in done:
        return []
    way.append(node)
    for following in leads_to.get(node, ()):
        if circle := _search(following, leads_to, way, done):
            return circle
    done.add(way.pop())
    return []


def _edges(steps: Sequence[Step]) -> Iterator[tuple[Node, list[Node]]]:
    top = top_level(steps, {})
    for step in steps:
        yield ("step", step.key), _read_by(step.visible, top)
    yield from _of_level(top)


def _of_level(level: Level) -> Iterator[tuple[Node, list[Node]]]:
    for place in level.places():
        field, step = place.field, level.step_of(place.field)
        path = _path(place)
        around = [("shown", _path(level.owner))] if level.owner else []
        own_step = [("step", step.key)] if step is not None else []
        yield ("shown", path), [*around, *own_step, *_read_by(field.visible, level)]
        inner = place.levels_or_first
        within = [("value", _path(one)) for one in (inner[0].places() if inner else ())]
        yield ("value", path), [("shown", path), *_read_by(field.computed, level), *within]
        for one in inner:
            yield from _of_level(one)


def _read_by(rule: Rule | None, level: Level) -> list[Node]:
    found = [level.seek(name) for name in names_in(rule)]
    return [("value", _path(place)) for place in found if place is not None]


def _path(place: Place) -> str:
    return ".".join(part for part in place.path.split(".") if not part.isdecimal())
