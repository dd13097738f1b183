"""Logging out: here and at the provider, or because the provider says so (OpenID Connect Back-Channel Logout 1.0)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from auth import audit, logout_tokens, oidc, sessions
from auth.actors import Actor
from auth.jwts import TokenRefused, unverified_claims
from auth.logout_tokens import Logout
from auth.models import UsedLogoutToken, User, UserSession
from auth.oidc import Provider, ProviderName
from auth.sessions import Login
from config import clock, scopes
from config.database import db, locked, transaction
from config.encryption import token_hash

# A logout token is at most two minutes old when it comes; this outlasts it and every doubt about clocks.
REMEMBERED_FOR = timedelta(minutes=10)
PROVIDER = Actor.system("identity-provider")


def log_out(login: Login, state: str) -> str | None:
    """End this login here; returns the provider's logout address if it has one. Opens its own transaction.

    `state` is what the provider's answer will carry.
    """
    with scopes.within(scopes.system("logout")):
        id_token = sessions.id_token_of(login.id)
        with transaction():
            sessions.end(login.id, login.user_id)
            audit.record(Actor(kind="user", id=str(login.user_id)), "logout", f"user:{login.user_id}")
    provider = oidc.provider("staff" if login.provider == "staff" else "residents")
    return provider.logout_url(id_token, state) if provider else None


def by_provider(token: str) -> int:
    """End what a provider's logout token says; how many logins. Opens its own transaction.

    Raises TokenRefused, ProviderUnavailable.
    """
    provider = _provider_of(token)
    logout = provider.with_keys(
        lambda keys: logout_tokens.verified(
            token, keys, issuer=provider.issuer, client_id=provider.client_id, now=clock.wall()
        )
    )
    with scopes.within(scopes.system("backchannel-logout")):
        try:
            with transaction():
                _use_up(provider.issuer, logout)
                return _end(provider, logout)
        except IntegrityError:
            raise logout_tokens.LOGOUT_TOKEN.refused("used_already") from None


def note_refusal(reason: str) -> None:
    """Record that a logout token was refused, and why, as a code. Opens its own transaction."""
    with transaction():
        audit.record(Actor.anonymous(), "logout.refused", "logout", reason=reason)


def forget_used() -> int:
    """Delete what is remembered of logout tokens too old to be accepted; how many. Call inside `transaction()`."""
    found = db.session.execute(delete(UsedLogoutToken).where(UsedLogoutToken.expires_at <= clock.wall()))
    return int(found.rowcount)  # type: ignore[attr-defined]


def _provider_of(token: str) -> Provider:
    """The provider whose token this claims to be; its keys will say whether that is so."""
    claims = unverified_claims(token)
    audience = claims.get("aud")
    for provider in oidc.providers():
        if claims.get("iss") == provider.issuer and audience in (provider.client_id, [provider.client_id]):
            return provider
    raise TokenRefused("logout_token_of_nobody")


def is_over(issuer: str, subject: str, session: str | None, issued_at: float) -> bool:
    """Whether the provider has logged out what an id_token of this moment (by its clock) was for, before it was used.

    Call inside `transaction()`, with the user's row locked.
    """
    marks = [_mark(issuer, "subject", subject), *([_mark(issuer, "session", session)] if session else [])]
    ends = db.session.scalars(select(UsedLogoutToken.expires_at).where(UsedLogoutToken.token_hash.in_(marks)))
    return any((end - REMEMBERED_FOR).timestamp() > issued_at for end in ends)


def _use_up(issuer: str, logout: Logout) -> None:
    """Remember the token's number, so that it counts once, and who it was for, so that no login is just coming in."""
    db.session.add(
        UsedLogoutToken(token_hash=_mark(issuer, "token", logout.jti), expires_at=clock.wall() + REMEMBERED_FOR)
    )
    db.session.flush()
    kind, name = ("session", logout.session) if logout.session else ("subject", logout.subject or "")
    ends = datetime.fromtimestamp(logout.issued_at, UTC) + REMEMBERED_FOR
    db.session.merge(UsedLogoutToken(token_hash=_mark(issuer, kind, name), expires_at=ends))
    db.session.flush()


def _mark(issuer: str, kind: str, name: str) -> bytes:
    return token_hash(f"{issuer}\0{kind}\0{name}")


def _end(provider: Provider, logout: Logout) -> int:
    wanted = (
        select(UserSession.id, UserSession.user_id)
        .join(User, User.id == UserSession.user_id)
        .where(User.issuer == provider.issuer, UserSession.provider.in_(_names_of(provider)))
    )
    if logout.subject is not None:
        # A login of this person that is just being stored is waited for, and then ended.
        identity = select(User.id).where(User.issuer == provider.issuer, User.subject == logout.subject)
        db.session.execute(locked(identity))
        wanted = wanted.where(User.subject == logout.subject)
    if logout.session is not None:
        wanted = wanted.where(UserSession.provider_session == logout.session)
    ended = [(id, user_id) for id, user_id in db.session.execute(wanted) if sessions.end(id, user_id)]
    for user_id in sorted({user_id for _, user_id in ended}):
        count = sum(1 for _, other in ended if other == user_id)
        audit.record(PROVIDER, "session.ended_by_provider", f"user:{user_id}", sessions=count)
    if not ended:
        audit.record(PROVIDER, "session.ended_by_provider", "logout", sessions=0)
    return len(ended)


def _names_of(provider: Provider) -> list[ProviderName]:
    """Residents and staff may come from the same client of the same provider."""
    return [
        one.name for one in oidc.providers() if one.issuer == provider.issuer and one.client_id == provider.client_id
    ]
