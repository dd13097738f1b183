"""Providers for the outbox: an SMS provider with moods and a real SMTP server, both of this process."""

import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config import clock
from config.settings import Settings
from notifications.rendering import register_templates
from tests.fakes.moody_smtp import MoodySmtp
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
def moody() -> Iterator[MoodySmtp]:
    """A mail server that misbehaves as a test wishes."""
    made = MoodySmtp()
    yield made
    made.stop()


@pytest.fixture
def hurried(tmp_path: Path) -> str:
    """A template whose e-mail follows when the SMS has not been delivered after an hour."""
    folder = tmp_path / "templates" / "hurried"
    folder.mkdir(parents=True)
    (folder / "sms.de.txt").write_text("{{ text }}\n")
    (folder / "email.de.txt").write_text("Subject: Frage\n\n{{ text }}\n")
    (folder / "template.yaml").write_text("next_rung_after_minutes: 60\n")
    register_templates("ladder", folder.parent)
    return "ladder.hurried"


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


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """A server's certificate that no authority signed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    today = clock.wall()
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    names = x509.SubjectAlternativeName([x509.DNSName("mail.example.org")])
    made = made.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    certificate = made.add_extension(names, critical=True).sign(key, hashes.SHA256())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = tmp_path / "mail.pem"
    file.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(encoding)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context
