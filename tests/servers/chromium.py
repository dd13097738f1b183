"""A Chromium browser for the browser tests."""

import os
from pathlib import Path

from tests.servers import base

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def installed() -> Path | None:
    """The browser's program, or None."""
    chosen = os.environ.get("OBHUT_TEST_CHROMIUM")
    names = (chosen,) if chosen else NAMES
    return next((found for name in names if (found := base.program(name))), None)


def install() -> None:
    """Install it from Debian as root."""
    base.apt_install("chromium")
