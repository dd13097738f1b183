"""The ways of handing over that this house knows, by the name that a service's file gives."""

from collections.abc import Iterator

from services.definition_parts import HandOver
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


def faults(definition: ServiceDefinition) -> list[Found]:
    """Hand-overs that can work in no house. Whether they fit the settings of this one, `problems` tells."""
    return [found for number, entry in enumerate(definition.hand_over) for found in _faults(definition, number, entry)]


def _faults(definition: ServiceDefinition, number: int, entry: HandOver) -> Iterator[Found]:
    plugin, way = _plugins.get(entry.to), ("hand_over", number, "to")
    if plugin is None:
        yield Found(way, _no_such(entry.to))
        return
    if plugin.needs_leika and not definition.leika:
        yield Found(way, f"{entry.to} needs the service's LeiKa key (leika)")
    for said in plugin.faults(entry.options):
        yield Found(("hand_over", number, "options"), said)


def _no_such(way: str) -> str:
    return f"there is no way called “{way}” (there are {', '.join(names())})"


def problems(definition: ServiceDefinition) -> list[str]:
    """What is wrong with the hand-overs in a service's file, as lines that name service and entry."""
    found: list[str] = []
    for number, entry in enumerate(definition.hand_over):
        place = f"{definition.slug}: hand_over.{number}"
        plugin = _plugins.get(entry.to)
        if plugin is None:
            found.append(f"{place}: {_no_such(entry.to)}")
        else:
            found += [f"{place}: {problem}" for problem in plugin.check(entry.options)]
    return found
