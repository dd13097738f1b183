"""Providers for the outbox: an SMS provider with moods and a real SMTP server, both of this process."""

import threading
from collections.abc import Iterator

import pytest

from config.settings import Settings
from tests.fakes.provider import Provider
from tests.fakes.smtp_sink import SmtpSink


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.stop()


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    made = SmtpSink()
    yield made
    made.stop()


@pytest.fixture
def settings(settings: Settings, provider: Provider, sink: SmtpSink) -> Settings:
    """The tests' settings, with our providers in them."""
    return settings.changed(smtp_url=sink.url, mail_from="Gesundheitsamt <amt@stadt.example>", **provider.settings)


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets go of whoever waits for it, at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()
