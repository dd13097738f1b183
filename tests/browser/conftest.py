"""Chromium in front of the started application."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from tests.fixtures.processes import Obhut
from tests.servers import chromium

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
expect.set_options(timeout=60_000)

OpenContext = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium; skips when there is none."""
    program = chromium.installed()
    if program is None:
        pytest.skip("needs Chromium: it is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, live_server: Obhut) -> Iterator[OpenContext]:
    """`visit(locale="de-DE", javascript=True, viewport=PHONE)` opens a browser profile of its own."""
    opened: list[BrowserContext] = []

    def open_context(
        locale: str = "de-DE",
        javascript: bool = True,
        viewport: dict[str, int] | None = None,
        login: StorageState | None = None,
    ) -> BrowserContext:
        context = browser.new_context(
            base_url=live_server.url,
            locale=locale,
            java_script_enabled=javascript,
            viewport=viewport or DESKTOP,  # type: ignore[arg-type]
            accept_downloads=True,
            storage_state=login,
        )
        context.set_default_timeout(60_000)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


@pytest.fixture
def page(visit: OpenContext) -> Page:
    """A page of a German visitor at a desk."""
    return visit().new_page()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small picture to upload."""
    from PIL import Image

    path = tmp_path / "fahrzeugschein.png"
    Image.new("RGB", (320, 200), "white").save(path)
    return path
