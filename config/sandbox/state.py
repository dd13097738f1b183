"""Which parts of the sandbox a run needs, where they listen, and the settings that lead the application to them."""

import json
import secrets
import socket
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from config.errors import ConfigurationError
from config.local_secrets import unusable
from config.settings import Settings

IDENTITY, PHONE, MAIL, PAYMENT = "identity", "phone", "mail", "payment"
OFFSETS = {IDENTITY: 1, PHONE: 2, MAIL: 3, PAYMENT: 4}
NUMBERS = ("+493023125100", "+493023125101")
HOST = "127.0.0.1"


@dataclass(frozen=True)
class State:
    """What stays the same from one start to the next, so that identities and messages keep their meaning."""

    ports: dict[str, int]
    account_sid: str
    auth_token: str
    client_secret: str

    @property
    def phone_url(self) -> str:
        """Where phone and mailbox answer; "" when neither is played."""
        port = self.ports.get(PHONE) or self.ports.get(MAIL + "_pages")
        return f"http://{HOST}:{port}" if port else ""


def wanted_parts(settings: Settings) -> tuple[str, ...]:
    """The parts for which no real provider is configured; none in production.

    Nobody needs a provider of payments, so that one is played beside others only.
    """
    if settings.is_production:
        return ()
    configured = {
        IDENTITY: settings.oidc_issuer,
        PHONE: settings.twilio_account_sid,
        MAIL: settings.smtp_url.get_secret_value(),
    }
    parts = tuple(part for part, value in configured.items() if not value)
    return (*parts, PAYMENT) if parts and not settings.payment_provider else parts


def folder(settings: Settings) -> Path:
    """Where the sandbox keeps its files."""
    return settings.data_dir / "sandbox"


def load(settings: Settings) -> State | None:
    """The state of an earlier or running sandbox on the same data folder."""
    try:
        return State(**json.loads((folder(settings) / "state.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def open_listeners(settings: Settings) -> tuple[State, dict[str, socket.socket]]:
    """Open a listening socket for each wanted part, on last time's port if that is free, and remember the ports.

    The child inherits the sockets. So nobody can take a port in between, and the application may call at once.
    """
    parts = wanted_parts(settings)
    before = load(settings) or State({}, "AC" + secrets.token_hex(16), secrets.token_hex(16), secrets.token_urlsafe(16))
    names = [*parts, *([MAIL + "_pages"] if MAIL in parts and PHONE not in parts else [])]
    listeners = {}
    for name in names:
        usual = settings.port + OFFSETS.get(name, OFFSETS[PHONE])
        listeners[name] = _listener([before.ports.get(name, usual), usual])
    state = replace(before, ports={name: listener.getsockname()[1] for name, listener in listeners.items()})
    _save(settings, state)
    return state, listeners


def fill(settings: Settings, state: State) -> Settings:
    """`settings` with the sandbox's addresses where nothing is configured."""
    parts = wanted_parts(settings)
    changes: dict[str, object] = {}
    if IDENTITY in parts and IDENTITY in state.ports:
        changes["oidc_issuer"] = f"http://{HOST}:{state.ports[IDENTITY]}"
        changes["oidc_client_id"] = settings.oidc_client_id or "obhut"
        changes["oidc_client_secret"] = SecretStr(state.client_secret)
    if PHONE in parts and PHONE in state.ports:
        changes["twilio_account_sid"] = state.account_sid
        changes["twilio_auth_token"] = SecretStr(state.auth_token)
        changes["twilio_api_base"] = state.phone_url
        changes["twilio_from"] = NUMBERS
    if PAYMENT in parts and PAYMENT in state.ports:
        changes["payment_provider"] = "checkout"
        changes["payment_api_base"] = f"http://{HOST}:{state.ports[PAYMENT]}"
        changes["payment_api_key"] = SecretStr(state.auth_token)
        changes["payment_webhook_secrets"] = (SecretStr(state.auth_token),)
    if MAIL in parts and MAIL in state.ports:
        changes["smtp_url"] = SecretStr(f"smtp://{HOST}:{state.ports[MAIL]}")
    return settings.changed(**changes) if changes else settings


def is_listening(port: int) -> bool:
    """Whether something answers on the loopback `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def _listener(ports: list[int]) -> socket.socket:
    for port in [*ports, 0]:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)
        except (OSError, OverflowError):
            listener.close()
            continue
        return listener
    raise ConfigurationError("the sandbox found no free port on 127.0.0.1")


def _save(settings: Settings, state: State) -> None:
    path = folder(settings) / "state.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(asdict(state)))
        fresh.replace(path)
    except OSError as error:
        raise unusable(settings.data_dir, error) from None
