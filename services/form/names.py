"""The names that a rule looks up. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any


def names_in(rule: Any) -> Iterator[str]:
    """Every name in `rule`, as it is written there; those of items in lists too."""
    if isinstance(rule, list | tuple):
        for one in rule:
            yield from names_in(one)
    elif isinstance(rule, Mapping):
        for operator, given in rule.items():
            arguments = given if isinstance(given, list | tuple) else [given]
            if operator == "var" and arguments and isinstance(arguments[0], str):
                yield arguments[0]
                arguments = arguments[1:]
            elif operator == "missing":
                yield from (one for one in arguments if isinstance(one, str))
            yield from names_in(list(arguments))
