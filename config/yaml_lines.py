"""YAML files that people write: without surprises, and mistakes named by their line. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import yaml


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
        if key.value in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key “{key.value}” is given twice", key.start_mark)
        seen.add(key.value)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


def _strict(base: type[Any]) -> type[Any]:
    """A loader for which a key given twice is an error instead of the last one winning silently."""
    found: Any = type("Loader", (base,), {})
    found.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
    return found  # type: ignore[no-any-return]


# The library's parser in C is eight times as fast; that in Python names mistakes by better words, and is always there.
_Fast, _Exact = _strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)), _strict(yaml.SafeLoader)


def load(text: str) -> Any:
    """What stands in `text`. Raises yaml.YAMLError, see `mistake`."""
    try:
        return yaml.load(text, Loader=_Fast)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError:
        return yaml.load(text, Loader=_Exact)  # noqa: S506 - a SafeLoader


def mistake(error: yaml.YAMLError) -> tuple[int, str]:
    """The line (from 1) and the words of what made a text unreadable."""
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 1, getattr(error, "problem", None) or "this is no YAML"


@lru_cache(maxsize=2)
def _composed(text: str) -> yaml.Node | None:
    """The nodes of a text, kept while its complaints are named: a long file may have hundreds."""
    return yaml.compose(text, Loader=_Exact)


def line_of(text: str, place: Sequence[int | str]) -> int:
    """The line (from 1) of `place`, a way of keys and positions into `text`, or of the nearest part that exists.

    `text` must be readable. A missing key: the line of its mapping.
    """
    node = _composed(text)
    if node is None:
        return 1
    line: int = node.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            entry = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if entry is None:
                break
            line, node = entry[0].start_mark.line + 1, entry[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
