"""Secrets that are none: published ones, repeated letters, the same one twice, those made for trying out. Pure."""

from collections.abc import Collection, Mapping

from config.errors import N_
from config.setting_checks import Wrong

FEWEST_LETTERS = 8
"""A random secret of 32 characters has more different ones than this, whatever alphabet it is written in (hexadecimal:
one in a million has fewer)."""
OURS = ("SECRET_KEY", "ENCRYPTION_KEYS", "BLIND_INDEX_KEY")
PUBLISHED = (
    "changeme", "change-me", "change_me", "password", "passwort", "geheim", "secret-key", "secretkey", "not-a-secret",
    "your-secret", "example", "placeholder", "insecure", "default", "…", "<",
)  # fmt: skip


DEBUGGERS = ("FLASK_DEBUG", "PYTHONINSPECT")
"""What would show code and values to visitors, or leave a prompt open."""
DOTS = "…"


def refuse_debugging(environment: Mapping[str, str], log_level: str) -> None:
    """Raise Wrong when a variable of `environment` switches a debugger on, or libraries may log what they like."""
    for name in DEBUGGERS:
        if environment.get(name, "").strip().lower() not in ("", "0", "false", "no", "off"):
            raise Wrong(N_("OBHUT_ENV=production does not start with {name}; unset it"), name=name)
    if log_level == "DEBUG":
        raise Wrong(N_("OBHUT_ENV=production does not start with OBHUT_LOG_LEVEL=DEBUG, which may log personal data"))


def refuse_placeholders(addresses: Mapping[str, str]) -> None:
    """Raise Wrong for an address that still has the dots of the example file where a password should stand."""
    for name, address in addresses.items():
        if DOTS in address:
            raise Wrong(
                N_("OBHUT_ENV=production needs {name} without the dots of the example; fill them in"), name=name
            )


def refuse(secrets: Mapping[str, str], made_for_trials: Collection[str]) -> None:
    """Raise Wrong for the first of `secrets` (by the full name of its setting) that everybody could know.

    `made_for_trials`: what this machine has made for itself outside production.
    """
    seen: dict[str, str] = {}
    for name, secret in secrets.items():
        setting, is_ours = name.partition(" ")[0], any(one in name for one in OURS)
        if any(word in secret.lower() for word in PUBLISHED):
            raise Wrong(
                N_("OBHUT_ENV=production takes no placeholder as {name}; set a secret of your own"), name=setting
            )
        if is_ours and len(set(secret)) < FEWEST_LETTERS:
            raise Wrong(
                N_("OBHUT_ENV=production needs a random {name}; this one repeats the same few letters"), name=setting
            )
        if secret in made_for_trials:
            raise Wrong(N_("OBHUT_ENV=production needs a new {name}; this one was made for trying out"), name=setting)
        if is_ours and secret in seen:
            raise Wrong(
                N_("OBHUT_ENV=production needs a {name} of its own; this one is the same as {other}"),
                name=setting,
                other=seen[secret],
            )
        seen[secret] = setting
