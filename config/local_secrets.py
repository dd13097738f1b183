"""Secrets for a machine where nobody has set any: made once, kept in the data folder, never used in production."""

import base64
import contextlib
import json
import os
import secrets
import tempfile
from pathlib import Path

from config.errors import N_, ConfigurationError

SECRETS_FILE = "secrets.json"


def local_secrets(data_dir: Path) -> dict[str, str]:
    """The secrets in `data_dir`, by the name of their setting; made at the first call, readable by their owner only.

    Raises ConfigurationError when the folder cannot be used, or when the file is damaged: new secrets would make
    everything that is stored unreadable for good.
    """
    path = data_dir / SECRETS_FILE
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, json.dumps(_new_secrets()))
        found = json.loads(path.read_text())
    except OSError as error:
        raise unusable(data_dir, error) from None
    except ValueError:
        found = None
    if not isinstance(found, dict) or set(found) != set(_new_secrets()):
        raise ConfigurationError(
            N_("OBHUT_DATA_DIR: {path} is damaged; restore it from a backup, for nothing can be read without it."),
            path=path,
        )
    return found


def unusable(data_dir: Path, error: OSError) -> ConfigurationError:
    """What to say of a data folder in which a file can be neither made nor opened."""
    return ConfigurationError(
        N_("OBHUT_DATA_DIR: {path} cannot be used ({reason}); choose a folder that this user may write."),
        path=data_dir,
        reason=error.strerror or type(error).__name__,
    )


def made_before(data_dir: Path) -> frozenset[str]:
    """The secrets that were made in this folder when it was used for trying out; makes none and raises nothing."""
    try:
        return frozenset(local_secrets(data_dir).values()) if (data_dir / SECRETS_FILE).exists() else frozenset()
    except (ConfigurationError, OSError):
        return frozenset()


def _new_secrets() -> dict[str, str]:
    return {
        "secret_key": secrets.token_urlsafe(48),
        "encryption_keys": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "blind_index_key": secrets.token_urlsafe(48),
    }


def _write_once(path: Path, text: str) -> None:
    # Two processes may start at once: whoever links first wins, and nobody reads a half-written file.
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    os.unlink(draft)
