"""A Chromium browser for the browser tests."""

import os
from pathlib import Path

from tests.servers import base

# The first is the same engine without windows and menus, which take most of the time though nobody sees them.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> Path | None:
    """The browser's program, or None."""
    chosen = os.environ.get("OBHUT_TEST_CHROMIUM")
    names = (chosen,) if chosen else NAMES
    return next((found for name in names if (found := base.program(name))), None)


def install() -> None:
    """Install it from Debian as root."""
    try:
        base.apt_install(NAMES[0])
    except base.Missing:  # an older Debian has only the whole one
        base.apt_install("chromium")
