"""Programs that prove themselves with an access token of the provider (RFC 9068) instead of one of ours.

What they may do is what their token says, and nothing else: no role granted here, nothing that every login has.
"""

from uuid import UUID

import structlog

from auth import access_tokens, oidc
from auth.access_tokens import Machine
from auth.actors import Actor
from auth.claims import at_path
from auth.identities import roles_in_place
from auth.jwts import TokenRefused, unverified_claims
from auth.oidc import Provider, ProviderUnavailable
from auth.roles import claimed_roles
from config import clock
from config.encryption import blind_index
from config.settings import current_settings

log = structlog.get_logger(__name__)


def actor_of(token: str) -> Actor | None:
    """The actor of a provider's access token; None if it proves nothing or such tokens do not count here.

    Raises ProviderUnavailable when the provider's keys cannot be had.
    """
    audience = current_settings().oidc_api_audience
    if not audience or token.count(".") != 2:
        return None
    issuer = unverified_claims(token).get("iss")
    provider = next((one for one in oidc.providers() if one.issuer == issuer), None)
    if provider is None:
        return None
    try:
        machine = provider.with_keys(
            lambda keys: access_tokens.verified(
                token, keys, issuer=provider.issuer, audience=audience, now=clock.wall()
            )
        )
    except TokenRefused as refused:
        log.warning("access_token_refused", reason=str(refused))
        return None
    except ProviderUnavailable as problem:
        log.error("access_token_not_verified", reason=str(problem))
        raise
    return _actor(provider, machine)


def _actor(provider: Provider, machine: Machine) -> Actor:
    named = at_path(machine.claims, current_settings().oidc_claim_roles)
    mark = blind_index("program of a provider", f"{provider.issuer}\0{machine.subject}\0{machine.client_id}")
    return Actor.of(
        "token",
        str(UUID(bytes=mark[:16])),
        roles_in_place(provider.issuer, claimed_roles(named)),
        name=machine.client_id,
    )
