"""How surely somebody is known (eIDAS: basic, substantial, high), and when a login must be confirmed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

LEVELS = ("basic", "substantial", "high")
LOWEST = LEVELS[0]
# What was just confirmed is not asked for again because a second passed, or because two clocks differ a little.
GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class Demand:
    """What a login must be for something to be done with it.

    `assurance`: at least this level, "" for any. `max_age`: the person proved who they are at most so many seconds
    ago; None for any time.
    """

    assurance: str = ""
    max_age: int | None = None

    def is_met(self, assurance: str, logged_in_at: datetime | None, now: datetime) -> bool:
        """Whether a login of this level and moment (None: the provider does not say) is enough."""
        return at_least(assurance, self.assurance) and self.is_fresh(logged_in_at, now)

    def is_fresh(self, logged_in_at: datetime | None, now: datetime) -> bool:
        """Whether the person proved who they are recently enough."""
        if self.max_age is None:
            return True
        return logged_in_at is not None and now - logged_in_at <= timedelta(seconds=self.max_age) + GRACE


ANY_LOGIN = Demand()


def at_least(level: str, wanted: str) -> bool:
    """Whether `level` is as high as `wanted`; "" wants nothing, and a word that is no level never suffices."""
    if not wanted:
        return True
    return level in LEVELS and wanted in LEVELS and LEVELS.index(level) >= LEVELS.index(wanted)


def acr_values(wanted: str, assurance_map: Mapping[str, str]) -> str:
    """The provider's own words for `wanted` and what is higher, the lowest first, as `acr_values` names them."""
    fitting = [word for word, level in assurance_map.items() if wanted and at_least(level, wanted) and " " not in word]
    return " ".join(sorted(fitting, key=lambda word: LEVELS.index(assurance_map[word])))
