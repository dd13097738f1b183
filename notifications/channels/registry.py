"""The channels that the settings configure, made once per application."""

from flask import current_app

from config.settings import Settings, current_settings
from notifications.channels.base import Channel as Way
from notifications.channels.email import EmailChannel
from notifications.channels.sms import SmsChannel
from notifications.statuses import Channel

EXTENSION = "obhut.channels"


def configured_channels() -> dict[Channel, Way]:
    """The configured channels of the running application. One without settings is missing: its messages wait."""
    found: dict[Channel, Way] | None = current_app.extensions.get(EXTENSION)
    if found is None:
        found = current_app.extensions[EXTENSION] = _made(current_settings())
    return found


def _made(settings: Settings) -> dict[Channel, Way]:
    made: dict[Channel, Way] = {}
    if settings.twilio_accounts:
        made[Channel.SMS] = SmsChannel(settings)
    if settings.smtp_url.get_secret_value():
        made[Channel.EMAIL] = EmailChannel(settings)
    return made
