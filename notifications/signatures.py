"""Did Twilio really send this? The fields of a signed request, or nothing.

Form bodies are signed together with the address; of any other body the address carries the SHA-256 (`bodySHA256`).
"""

import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Request, current_app
from twilio.request_validator import RequestValidator

from config.settings import Settings, current_settings

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
LARGEST_BODY = 64 * 1024
EXTENSION = "obhut.twilio_validators"
BODY_HASH = "bodySHA256"
Fields = Mapping[str, str]


def signed_fields(request: Request) -> Fields | None:
    """The fields of `request`, or None unless one of our accounts signed exactly this for our configured address.

    A field that comes twice, or is no text, is missing from the result.
    """
    request.max_content_length = LARGEST_BODY
    signed: Mapping[str, str] = {}
    if request.mimetype == FORM:
        fields, signed = _once(request.form.lists()), request.form
    elif request.mimetype == JSON and _names_its_body(request):
        fields = _texts(request.get_data())
    else:
        return None
    query = request.query_string.decode("ascii", "replace")
    address = current_settings().public_url(request.path) + (f"?{query}" if query else "")
    given = request.headers.get("X-Twilio-Signature", "")
    # An account that is not ours takes the same way as one that is, with a key that nobody knows.
    validators, stranger = _validators()
    validator = validators.get(fields.get("AccountSid", ""), stranger)
    is_valid = validator.validate(address, signed, given) and validator is not stranger
    return fields if is_valid else None


def _validators() -> tuple[dict[str, RequestValidator], RequestValidator]:
    """One for each account of the running application, and one that no signature fits."""
    found: tuple[dict[str, RequestValidator], RequestValidator] | None = current_app.extensions.get(EXTENSION)
    if found is None:
        found = current_app.extensions[EXTENSION] = _made(current_settings())
    return found


def _made(settings: Settings) -> tuple[dict[str, RequestValidator], RequestValidator]:
    tokens = {account.account_sid: account.auth_token.get_secret_value() for account in settings.twilio_accounts}
    own = {sid: RequestValidator(token) for sid, token in tokens.items() if token}
    return own, RequestValidator(secrets.token_hex(16))


def _names_its_body(request: Request) -> bool:
    named = request.args.getlist(BODY_HASH)
    if len(named) != 1 or not named[0].isascii():
        return False
    return hmac.compare_digest(hashlib.sha256(request.get_data()).hexdigest(), named[0].lower())


def _once(lists: Any) -> Fields:
    return {name: values[0] for name, values in lists if len(values) == 1}


def _texts(body: bytes) -> Fields:
    try:
        found = json.loads(body, object_pairs_hook=_without_repetitions)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _without_repetitions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    often = Counter(name for name, _ in pairs)
    return {name: _text(value) for name, value in pairs if often[name] == 1 and type(value) in (str, int)}


def _text(value: str | int) -> str:
    # JSON can escape half a surrogate pair, which no database and no cipher takes.
    return str(value).encode("utf-8", "replace").decode("utf-8")
