"""Which provider takes the payments of this house. Adapters are registered by name; a setting chooses one."""

from collections.abc import Callable

from config.settings import Settings, current_settings
from services.payments.base import Provider
from services.payments.checkout import Checkout

Make = Callable[[Settings], Provider]
_makers: dict[str, Make] = {}


def register_provider(name: str, make: Make) -> None:
    """Make an adapter known under the name that OBHUT_PAYMENT_PROVIDER gives. The same name again replaces it."""
    _makers[name] = make


def provider_of(settings: Settings) -> Provider | None:
    """The provider that is configured; None: nobody can pay online."""
    make = _makers.get(settings.payment_provider)
    return make(settings) if make else None


def provider() -> Provider | None:
    """That of the running application."""
    return provider_of(current_settings())


def _checkout(settings: Settings) -> Provider:
    return Checkout(
        settings.payment_api_base,
        settings.payment_api_key.get_secret_value(),
        [secret.get_secret_value() for secret in settings.payment_webhook_secrets],
    )


register_provider(Checkout.name, _checkout)
