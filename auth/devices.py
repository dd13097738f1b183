"""Which browser and which system a user-agent string names, for people who look through their logins. Pure.

It is what a browser says of itself: good enough to know one's own devices by, and nothing to decide by.
"""

from collections.abc import Iterable
from dataclasses import dataclass

Marks = tuple[tuple[str, str], ...]

# What a name stands for; the first that is found counts, since every browser also calls itself by those after it.
BROWSERS: Marks = (
    ("EdgiOS/", "Edge"), ("EdgA/", "Edge"), ("Edg/", "Edge"), ("Edge/", "Edge"),
    ("OPR/", "Opera"), ("OPT/", "Opera"), ("OPiOS/", "Opera"), ("Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi"), ("YaBrowser/", "Yandex"),
    ("DuckDuckGo/", "DuckDuckGo"), ("Ddg/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"), ("HeadlessChrome/", "Chrome"), ("Chromium/", "Chromium"), ("Chrome/", "Chrome"),
    ("Trident/", "Internet Explorer"), ("MSIE ", "Internet Explorer"),
    ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS: Marks = (
    ("iPhone", "iOS"), ("iPad", "iPadOS"), ("iPod", "iOS"),
    ("Windows Phone", "Windows Phone"), ("Windows", "Windows"),
    ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class Device:
    """A browser and a system by their own names, which are the same in every language; "" for what is not known."""

    browser: str = ""
    system: str = ""


def device_of(user_agent: str) -> Device:
    """What `user_agent` says, as far as it is a common browser on a common system."""
    return Device(_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))


def _first(marks: Iterable[tuple[str, str]], text: str) -> str:
    return next((name for mark, name in marks if mark in text), "")
