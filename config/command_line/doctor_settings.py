"""`obhut doctor` on names: a variable that is spelt wrong is no setting, and nothing else would ever say so."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from config.command_line.ailments import Ailment, Ailments
from config.command_line.terminal import _
from config.errors import N_
from config.settings import PREFIX, Settings

FOR_TESTS = f"{PREFIX}TEST_"


def examine(settings: Settings) -> str:
    """Looks at the environment and at `.env`. Raises Ailments."""
    unknown = unknown_names([*EnvSettingsSource(Settings).env_vars, *DotEnvSettingsSource(Settings).env_vars])
    if unknown:
        raise Ailments([_unknown(*one) for one in unknown.items()])
    return _("every OBHUT_… variable is one")


def unknown_names(given: Iterable[str]) -> dict[str, str]:
    """What looks like a setting and is none, with the setting that is probably meant, "" where none is like it."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    ours = {name for name in map(str.upper, given) if name.startswith(PREFIX) and not name.startswith(FOR_TESTS)}
    return {name: next(iter(get_close_matches(name, known, 1, 0.85)), "") for name in sorted(ours.difference(known))}


def _unknown(name: str, meant: str) -> Ailment:
    mend = N_("Set {meant} instead.") if meant else N_("Take it away, or see docs/configuration.md for its name.")
    return Ailment(N_("{name} is no setting"), mend, name=name, meant=meant)
