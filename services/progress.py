"""How far somebody has got with a form: what a draft remembers beside the answers. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True)
class Given:
    """An answer that a form began with: its value, whose word it is (`source`), the claim, and its level of trust."""

    value: Any
    source: str
    claim: str
    trust: str = ""


@dataclass(frozen=True)
class Consent:
    """Somebody let us ask a source: which, for which version of the text, and when (RFC 3339)."""

    source: str
    version: int
    at: str


@dataclass(frozen=True)
class Progress:
    """`passed`: steps that were sent without a mistake; `tried`: those that were sent at all; `reached`: those that
    have been counted. `look_at`: steps that have changed since they were passed. `given` is by path.
    """

    passed: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    look_at: tuple[str, ...] = ()
    given: Mapping[str, Given] = field(default_factory=dict)
    consents: tuple[Consent, ...] = ()

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> Self:
        """What `stored` of `as_dict` says."""
        if not stored:
            return cls()
        return cls(
            passed=tuple(stored.get("passed", ())),
            tried=tuple(stored.get("tried", ())),
            reached=tuple(stored.get("reached", ())),
            look_at=tuple(stored.get("look_at", ())),
            given={path: Given(**one) for path, one in stored.get("given", {}).items()},
            consents=tuple(Consent(**one) for one in stored.get("consents", ())),
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def having_tried(self, step: str) -> Self:
        return replace(self, tried=_with(self.tried, step))

    def having_reached(self, step: str) -> Self:
        return replace(self, reached=_with(self.reached, step))

    def having_passed(self, step: str) -> Self:
        look_at = tuple(one for one in self.look_at if one != step)
        return replace(self, passed=_with(self.passed, step), look_at=look_at)

    def to_look_at(self, steps: Iterable[str]) -> Self:
        """These steps have changed: they have to be gone through again."""
        changed = set(steps)
        passed = tuple(one for one in self.passed if one not in changed)
        tried = tuple(one for one in self.tried if one not in changed)
        return replace(self, passed=passed, tried=tried, look_at=tuple(dict.fromkeys((*self.look_at, *changed))))

    def with_given(self, given: Mapping[str, Given], consents: Iterable[Consent] = ()) -> Self:
        return replace(self, given={**self.given, **given}, consents=(*self.consents, *consents))


def _with(steps: tuple[str, ...], step: str) -> tuple[str, ...]:
    return steps if step in steps else (*steps, step)
