"""Registers beside the login from which a form can begin: each registered by the roof, and asked by its name.

A field names one as `prefill: <source>.<value>`. A source that needs consent is read only after the applicant has
pressed its button; which text they agreed to, and when, is kept with the request.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from auth.actors import Actor


class PrefillSource(Protocol):
    """One register. `title` and `consent` are msgids, marked with `N_` where they stand.

    `consent`: the text to be agreed to, "" when none is needed; `version`: its number.
    """

    name: str
    title: str
    consent: str
    version: int

    def read(self, actor: Actor) -> Mapping[str, Any]:
        """Answers by the names that fields ask for; empty when the register knows nothing of this person."""


_sources: dict[str, PrefillSource] = {}


def register_source(source: PrefillSource) -> None:
    """Make a register known. Called once by the wiring."""
    _sources[source.name] = source


def source_of(prefill: str | None) -> PrefillSource | None:
    """The register that a field's `prefill` names; None for a claim of the login, or one that is not there."""
    return _sources.get((prefill or "").partition(".")[0]) if prefill and "." in prefill else None


def named(name: str) -> PrefillSource | None:
    return _sources.get(name)
