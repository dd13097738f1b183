"""The ways of handing over that this house knows, by the name that a service's file gives."""

from services.definitions import ServiceDefinition
from services.form.rule_checks import Found
from services.handover.base import Plugin

_plugins: dict[str, Plugin] = {}


def register_plugin(plugin: Plugin) -> None:
    """Make a way known. The same name again replaces it."""
    _plugins[plugin.name] = plugin


def plugin_named(name: str) -> Plugin | None:
    """The plug-in of this name."""
    return _plugins.get(name)


def names() -> list[str]:
    """All names, in alphabetical order."""
    return sorted(_plugins)


def unknown_ways(definition: ServiceDefinition) -> list[Found]:
    """Hand-overs to a way that there is not. Whether its options fit the settings, `problems` tells."""
    return [
        Found(("hand_over", number, "to"), f"there is no way called “{entry.to}” (there are {', '.join(names())})")
        for number, entry in enumerate(definition.hand_over)
        if entry.to not in _plugins
    ]


def problems(definition: ServiceDefinition) -> list[str]:
    """What is wrong with the hand-overs in a service's file, as lines that name service and entry."""
    found: list[str] = []
    for number, entry in enumerate(definition.hand_over):
        place = f"{definition.slug}: hand_over.{number}"
        plugin = _plugins.get(entry.to)
        if plugin is None:
            found.append(f"{place}: there is no way called “{entry.to}” (there are {', '.join(names())})")
        else:
            found += [f"{place}: {problem}" for problem in plugin.check(entry.options)]
    return found
