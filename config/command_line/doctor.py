"""`obhut doctor`: is everything there that this installation needs? Each failure comes with its mend."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from aiohttp import ClientError
from twilio.base.exceptions import TwilioException

from config import clock, schema, signing
from config.command_line import doctor_keys, doctor_mail, doctor_rows, doctor_settings
from config.command_line.ailments import Ailment
from config.command_line.own_keys import require_own_keys
from config.command_line.separate import filled
from config.command_line.terminal import _, say, worded
from config.errors import N_, ConfigurationError
from config.sandbox import state
from config.settings import PREFIX, Settings

TIMEOUT_SECONDS = 8
PLAYED = N_("played by the sandbox when Obhut runs")


@dataclass(frozen=True)
class Check:
    """One line of the report; `run` returns what it found and raises Ailment or ConfigurationError."""

    name: str
    run: Callable[[Settings], str]
    part: str = ""


def examine(load: Callable[[], Settings]) -> bool:
    """Run every check and print a line for each; True when nothing fails."""
    try:
        configured = load()
    except ConfigurationError as error:
        _tell(False, _("Configuration"), worded(error))
        return False
    _tell(True, _("Configuration"), _configuration(configured))
    settings, kept = filled(configured)
    played = () if kept else state.wanted_parts(configured)
    results = [_passed(check, settings, played) for check in CHECKS]  # every line is shown
    return all(results)


def _passed(check: Check, settings: Settings, played: tuple[str, ...]) -> bool:
    if check.part in played:
        _tell(True, _(check.name), _(PLAYED))
        return True
    try:
        _tell(True, _(check.name), check.run(settings))
    except Ailment as error:
        _tell(False, _(check.name), error.report)
    except ConfigurationError as error:
        _tell(False, _(check.name), worded(error))
    else:
        return True
    return False


def _tell(passed: bool, name: str, text: str) -> None:
    for number, line in enumerate(text.splitlines()):
        mark = ("✓" if passed else "✗") if number == 0 else " "
        say(f"{mark} {name if number == 0 else '':<16} {line}", style=None if passed else "red")


def _configuration(settings: Settings) -> str:
    return _("{env}, {url}, data in {path}", env=settings.env, url=settings.base_url, path=settings.data_dir)


def _data_folder(settings: Settings) -> str:
    if not os.access(settings.data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise Ailment(
            N_("{path} cannot be written"),
            N_("OBHUT_DATA_DIR: choose a folder that this user may write."),
            path=settings.data_dir,
        )
    return str(settings.data_dir)


def _database(settings: Settings) -> str:
    revision, newest = schema.check(settings.database_url), schema.newest_revision()
    name = settings.database_url.partition(":")[0]
    if revision is None and name == "sqlite":
        return _("empty; made by the first start")
    if revision != newest:
        raise Ailment(
            N_("schema {revision} instead of {newest}"), N_("Run `obhut db upgrade`."),
            revision=revision or _("(none)"), newest=newest,
        )  # fmt: skip
    return _("{name}, schema {revision}", name=name, revision=revision)


def _broker(settings: Settings) -> str:
    if settings.embedded_broker:
        return _("embedded (one process)")
    from notifications.celery_app import celery

    parts = urlsplit(settings.broker_url)
    place = f"{parts.hostname}:{parts.port or '?'}"
    try:
        with celery.connection_for_write(settings.broker_url, connect_timeout=TIMEOUT_SECONDS) as connection:
            connection.ensure_connection(max_retries=1, timeout=TIMEOUT_SECONDS)
    except Exception as error:
        raise Ailment(
            N_("{place} does not answer ({reason})"),
            N_("OBHUT_BROKER_URL: start the broker, or correct its address."),
            place=place, reason=type(error).__name__,
        ) from None  # fmt: skip
    return place


def _workers(settings: Settings) -> str:
    """A queue that nobody works on. What was never started has nothing to say yet."""
    from sqlalchemy import create_engine

    from config.engines import engine_options
    from notifications.heartbeats import pulses_in

    if schema.check(settings.database_url) != schema.newest_revision():
        return _("not started yet")
    engine = create_engine(settings.database_url, **engine_options(settings.database_url))
    try:
        found = pulses_in(engine)
    finally:
        engine.dispose()
    silent = [pulse for pulse in found if pulse.is_silent]
    if not silent:
        return ", ".join(pulse.queue for pulse in found)
    if len(silent) == len(found) and (settings.embedded_broker or all(one.answered_at is None for one in found)):
        return _("not running now")
    known = [pulse.answered_at for pulse in silent if pulse.answered_at]
    raise Ailment(
        N_("nobody works on {queues} (last heard of: {since})"),
        N_("Start `obhut worker` (without --queues: for all of them) and `obhut beat`, or see their logs."),
        queues=", ".join(pulse.queue for pulse in silent),
        since=max(known).astimezone(settings.zone).strftime("%d.%m.%Y %H:%M") if known else _("never"),
    )


def _provider(issuer: str, setting: str) -> str:
    if not issuer:
        raise Ailment(N_("no identity provider"), N_("{setting}: set the provider's issuer."), setting=setting)
    url = issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        found = requests.get(url, timeout=TIMEOUT_SECONDS)
        found.raise_for_status()
        named = found.json()["issuer"]
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise Ailment(
            N_("{url} gives no discovery document ({reason})"),
            N_("{setting}: correct the issuer, or see that the provider runs."),
            url=url, reason=type(error).__name__, setting=setting,
        ) from None  # fmt: skip
    if named != issuer:
        raise Ailment(
            N_("the provider calls itself {named}"), N_("{setting}: use exactly that name."),
            named=named, setting=setting,
        )  # fmt: skip
    return issuer


def _identity(settings: Settings) -> str:
    found = _provider(settings.oidc_issuer, "OBHUT_OIDC_ISSUER")
    if settings.oidc_staff_issuer != settings.oidc_issuer:
        found += ", " + _provider(settings.oidc_staff_issuer, "OBHUT_OIDC_STAFF_ISSUER")
    return found


def _sms(settings: Settings) -> str:
    from notifications import loop
    from notifications.channels.twilio_client import probe

    if not settings.twilio_account_sid:
        raise Ailment(N_("no SMS provider"), N_("OBHUT_TWILIO_ACCOUNT_SID: set it."))
    if not settings.twilio_accounts:
        raise Ailment(N_("no sender"), N_("Set OBHUT_TWILIO_MESSAGING_SERVICE_SID or OBHUT_TWILIO_FROM."))
    for account in settings.twilio_accounts:
        try:
            loop.run(probe(account))
        except (TwilioException, ClientError, TimeoutError, OSError, ValueError, TypeError, KeyError) as error:
            raise Ailment(
                N_("{base} refuses or does not answer ({reason})"),
                N_("Check OBHUT_TWILIO_ACCOUNT_SID, OBHUT_TWILIO_AUTH_TOKEN and OBHUT_TWILIO_API_BASE."),
                base=account.api_base, reason=_answered(error),
            ) from None  # fmt: skip
    return ", ".join(dict.fromkeys(account.api_base for account in settings.twilio_accounts))


def _answered(error: Exception) -> object:
    """Twilio's code, or what else is known of an answer that was none."""
    response = error.args[1] if len(error.args) > 1 else None
    status = getattr(response, "status_code", None)
    return getattr(error, "code", None) or (f"HTTP {status}" if status else type(error).__name__)


def _data_protection(settings: Settings) -> str:
    """Contacts of the privacy notices, time limits, and whether a restored backup has brought erased people back."""
    from auth import erasures, notices
    from config.app import create_app
    from config.database import db

    names = ("PRIVACY_CONTROLLER", "PRIVACY_OFFICER", "PRIVACY_AUTHORITY")
    missing = [PREFIX + name for name in names if not getattr(settings, name.lower())]
    if missing and settings.is_production:
        raise Ailment(
            N_("the privacy notices name no address for {missing}"), N_("Set them: Article 13 GDPR asks for contacts."),
            missing=", ".join(missing),
        )  # fmt: skip
    if schema.check(settings.database_url) != schema.newest_revision():
        return _("not started yet")
    app = create_app(settings)  # also checks OBHUT_RETENTION
    with app.app_context():
        require_own_keys()
        undone = erasures.pending()
        db.session.remove()
        db.engine.dispose()
    if undone:
        raise Ailment(
            N_("a restored backup has brought {undone} erasures back"), N_("Run `obhut retention re-erase`, or start."),
            undone=undone,
        )  # fmt: skip
    return notices.contacts_of(settings)["controller"]


def _scanner(settings: Settings) -> str:
    """ClamAV's daemon. While it is away, files of applicants wait and nobody can open them."""
    from services.scanning import Scanner, ScannerAway

    if not settings.clamd_url:
        return _("none: files of applicants are not scanned")
    try:
        return Scanner(settings.clamd_url).ping()
    except ScannerAway as error:
        raise Ailment(
            N_("{url} does not answer ({reason})"),
            N_("OBHUT_CLAMD_URL: start clamd, or correct its address; new files of applicants wait until then."),
            url=settings.clamd_url, reason=error,
        ) from None  # fmt: skip


def _signing(settings: Settings) -> str:
    """The certificate with which receipts are signed."""
    if signing.is_self_made(settings) and not (settings.data_dir / signing.FILE).exists():
        return _("self-made when it is first needed")
    name, until = signing.subject_of(settings)
    if until <= clock.wall():
        raise Ailment(
            N_("the certificate of {name} has ended on {until:%d.%m.%Y}"),
            N_("OBHUT_SIGNING_CERTIFICATE: have it renewed, and keep the old one to check old receipts."),
            name=name, until=until,
        )  # fmt: skip
    made = _("self-made, unknown to PDF readers") if signing.is_self_made(settings) else name
    return _("{name}, until {until:%d.%m.%Y}", name=made, until=until)


def _ways_out(settings: Settings) -> str:
    """Services that ask for money nobody can take, and requests that cannot be handed over."""
    from config.app import create_app
    from services.outward_checks import problems

    app = create_app(settings)
    with app.app_context():
        found = problems(is_played=state.PAYMENT in state.wanted_parts(settings))
    if found:
        raise Ailment(
            N_("{problems}"), N_("Correct the services' files, or the settings named."), problems="; ".join(found)
        )
    return settings.payment_provider or _("no payments")


CHECKS = (
    Check(N_("Settings"), doctor_settings.examine),
    Check(N_("Data folder"), _data_folder),
    Check(N_("Database"), _database),
    Check(N_("Row security"), doctor_rows.examine),
    Check(N_("Keys"), doctor_keys.keys),
    Check(N_("Data protection"), _data_protection),
    Check(N_("Broker"), _broker),
    Check(N_("Workers"), _workers),
    Check(N_("Identity"), _identity, state.IDENTITY),
    Check(N_("SMS"), _sms, state.PHONE),
    Check(N_("E-mail"), doctor_mail.servers, state.MAIL),
    Check(N_("Bounces"), doctor_mail.bounces, state.MAIL),
    Check(N_("Virus scanner"), _scanner),
    Check(N_("Signatures"), _signing),
    Check(N_("Ways out"), _ways_out),
)
