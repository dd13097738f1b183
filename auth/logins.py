"""The way of a login: begun in a browser, sent to the provider, completed in the same browser, once."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from auth import audit, logouts, oidc, sessions
from auth.actors import Actor
from auth.assurance import ANY_LOGIN, Demand, at_least
from auth.claims import ClaimPaths, Profile, profile_of
from auth.identities import held_roles
from auth.jwts import is_name, is_time
from auth.models import LoginAttempt, User
from auth.oidc import Answer, LoginRefused, Provider, ProviderName
from auth.roles import STAFF_ROLES, Role, claimed_roles
from auth.sessions import Login
from config import clock, local_paths, scopes
from config.database import db, locked, transaction
from config.encryption import token_hash
from config.ids import new_token
from config.settings import Settings, current_settings

PENDING_LASTS = timedelta(minutes=10)
MOST_PENDING = 5


@dataclass(frozen=True)
class Begun:
    """An attempt as the provider's client needs it. The secrets stay on the server."""

    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True)
class Pending:
    """An attempt that came back."""

    provider: ProviderName
    nonce: str
    code_verifier: str
    next_path: str
    demand: Demand = ANY_LOGIN
    user_id: UUID | None = None

    @property
    def is_step_up(self) -> bool:
        """Whether somebody who was logged in already is to prove more than that."""
        return self.user_id is not None


@dataclass(frozen=True)
class Completed:
    """A login that stands: the cookie's token, the session, and where the person wanted to go."""

    token: str
    login: Login
    roles: frozenset[Role]
    next_path: str


def local_path(path: str | None) -> str:
    """`path` if it leads to a page of this house, else "". No way back into the login itself."""
    found = local_paths.local_path(path)
    return "" if urlsplit(found).path.startswith("/auth/") else found


def begin(
    provider: ProviderName, browser: str, next_path: str, demand: Demand = ANY_LOGIN, user_id: UUID | None = None
) -> Begun:
    """Store an attempt of this browser. At most five are pending; the oldest give way. Call inside `transaction()`.

    With `user_id` it is a step-up: only this user may come back, and with a login that meets `demand`.
    """
    now, mark = clock.wall(), token_hash(browser)
    mine = select(LoginAttempt).where(LoginAttempt.browser_hash == mark).order_by(LoginAttempt.id.desc())
    for surplus in db.session.scalars(mine.offset(MOST_PENDING - 1)):
        db.session.delete(surplus)
    begun = Begun(state=new_token() + new_token(), nonce=new_token(), code_verifier=new_token() * 3)
    db.session.add(
        LoginAttempt(
            state_hash=token_hash(begun.state),
            browser_hash=mark,
            provider=provider,
            nonce=begun.nonce,
            code_verifier=begun.code_verifier,
            next_path=local_path(next_path),
            wanted_assurance=demand.assurance,
            max_age=demand.max_age,
            user_id=user_id,
            expires_at=now + PENDING_LASTS,
        )
    )
    return begun


def forget_expired() -> int:
    """Delete attempts that nobody completed in time; how many. Call inside `transaction()`."""
    found = db.session.execute(delete(LoginAttempt).where(LoginAttempt.expires_at <= clock.wall()))
    return int(found.rowcount)  # type: ignore[attr-defined]


def take(state: str, browser: str) -> Pending:
    """Use up the attempt with this state. Raises LoginRefused if there is none for this browser.

    Call inside a `transaction()` of its own, before the code is redeemed: whatever comes then, the state is spent.
    """
    found = db.session.scalar(locked(select(LoginAttempt).where(LoginAttempt.state_hash == token_hash(state))))
    if found is None or found.expires_at <= clock.wall():
        raise LoginRefused("state_unknown")
    if not hmac.compare_digest(found.browser_hash, token_hash(browser)):
        raise LoginRefused("state_of_another_browser")
    db.session.delete(found)
    provider: ProviderName = "staff" if found.provider == "staff" else "residents"
    demand = Demand(found.wanted_assurance, found.max_age)
    return Pending(provider, found.nonce, found.code_verifier, found.next_path or "", demand, found.user_id)


def check_issuer(provider: Provider, stated: str | None) -> None:
    """RFC 9207: an answer that names its issuer must name ours, and must name it if the provider says that it does.

    Raises LoginRefused.
    """
    if stated is None and not provider.metadata().states_issuer:
        return
    if stated != provider.issuer:
        raise LoginRefused("issuer_parameter")


def complete(
    pending: Pending, answer: Answer, *, device: str, earlier: Login | None, form_token: str = ""
) -> Completed:
    """Store user and session of a verified login; a login that this browser had before ends.

    `form_token`: that of the earlier login. A step-up keeps it, so that what the same person has begun to fill in in
    another window can still be sent.

    Raises LoginRefused when a step-up brings somebody else or not what was demanded; nothing has changed then.
    """
    settings = current_settings()
    provider = oidc.provider(pending.provider)
    assert provider is not None
    profile = profile_of(answer.claims, claim_paths(settings), settings.oidc_assurance_map)
    if not at_least(profile.assurance, pending.demand.assurance):
        raise LoginRefused("step_up_assurance")
    with scopes.within(scopes.system("login")), transaction():
        user = _known_user(provider.issuer, answer.subject)
        if pending.is_step_up and user.id != pending.user_id:
            raise LoginRefused("step_up_other_person")
        if logouts.is_over(provider.issuer, answer.subject, _session_id(answer), answer.claims["iat"]):
            raise LoginRefused("logged_out_meanwhile")
        _take_over(profile, user)
        roles = frozenset(one.role for one in held_roles(user.issuer, user.subject, claimed_roles(list(profile.roles))))
        if earlier:
            sessions.end(earlier.id, earlier.user_id)
        token, login = sessions.start(
            user,
            provider=pending.provider,
            claim_roles=profile.roles,
            is_staff=bool(roles & STAFF_ROLES),
            id_token=answer.id_token,
            provider_session=_session_id(answer),
            auth_time=_auth_time(answer),
            device=device,
            form_token=form_token if pending.is_step_up and earlier and earlier.user_id == user.id else "",
        )
        actor = Actor(kind="user", id=str(user.id))
        action = "login.stepped_up" if pending.is_step_up else "login.completed"
        audit.record(actor, action, f"user:{user.id}", provider=pending.provider, assurance=user.assurance)
    return Completed(token, login, roles, pending.next_path)


def note_refusal(reason: str) -> None:
    """Record that a login was refused, and why, as a code. Opens its own transaction."""
    with transaction():
        audit.record(Actor.anonymous(), "login.refused", "login", reason=reason)


def claim_paths(settings: Settings) -> ClaimPaths:
    """Where this installation's providers put what."""
    return ClaimPaths(
        roles=settings.oidc_claim_roles,
        assurance=settings.oidc_claim_assurance,
        phone=settings.oidc_claim_phone,
        address=settings.oidc_claim_address,
        birth_date=settings.oidc_claim_birthdate,
        trust=settings.oidc_claim_trust,
    )


def _session_id(answer: Answer) -> str | None:
    sid = answer.claims.get("sid")
    return sid if is_name(sid) else None


def _auth_time(answer: Answer) -> datetime | None:
    seconds: Any = answer.claims.get("auth_time")
    return datetime.fromtimestamp(seconds, UTC) if is_time(seconds) else None


def _known_user(issuer: str, subject: str) -> User:
    wanted = locked(select(User).where(User.issuer == issuer, User.subject == subject))
    user = db.session.scalar(wanted)
    if user is not None:
        return user
    try:
        with db.session.begin_nested():
            user = User(issuer=issuer, subject=subject)
            db.session.add(user)
        return user
    except IntegrityError:  # the same person has just logged in for the first time in another browser as well
        return db.session.scalars(wanted).one()


def _take_over(profile: Profile, user: User) -> None:
    # What the provider no longer says is no longer known: its word counts, not our memory of it.
    user.given_name, user.family_name, user.name = profile.given_name, profile.family_name, profile.name
    user.email, user.phone, user.address = profile.email, profile.phone, profile.address or None
    user.birth_date, user.assurance, user.trust = profile.birth_date, profile.assurance, profile.trust
    user.locale = profile.locale or user.locale
    user.claimed_roles = list(profile.roles) or None
    user.last_login_at = clock.wall()
    db.session.flush()
