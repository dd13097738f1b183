"""A Messages endpoint that speaks as Twilio's does, for the official SDK and for the pages under /sandbox/phone.

Times here are real ones: a telephone network knows nothing of the application's clock.
"""

import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request

from config.sandbox import phone_rules as rules
from config.sandbox.courier import Courier, new_sid
from config.sandbox.store import Row, Store

VERSION = "2010-04-01"
MAX_PAGE = 1000
View = Callable[..., Any]


class Phone:
    """The account of the application at the phone network."""

    def __init__(
        self, store: Store, courier: Courier, account_sid: str, auth_token: str, numbers: tuple[str, ...], webhook: str
    ) -> None:
        self.store, self.courier, self.account_sid, self._token = store, courier, account_sid, auth_token
        self.numbers, self._webhook = numbers, webhook

    def knows(self, user: str | None, password: str | None) -> bool:
        """Whether these are the account's own credentials."""
        given, wanted = f"{user}:{password}", f"{self.account_sid}:{self._token}"
        return hmac.compare_digest(given.encode(), wanted.encode())

    def send(self, form: dict[str, str]) -> Row | rules.Refusal:
        """Take a message from the application."""
        refused = self._refused(form)
        if refused:
            return refused
        now, recipient = time.time(), form["To"]
        message = self.store.add_message(
            {
                "sid": new_sid(), "direction": "outbound-api", "sender": form.get("From") or self.numbers[0],
                "recipient": recipient, "service_sid": form.get("MessagingServiceSid"), "body": form["Body"],
                "status": "queued", "callback": form.get("StatusCallback"),
                "upcoming": rules.outcome_for(recipient)[0], "created": now, "updated": now,
            }
        )  # fmt: skip
        self.courier.take(message["sid"])
        return message

    def _refused(self, form: dict[str, str]) -> rules.Refusal | None:
        recipient, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        validity = form.get("ValidityPeriod", "1")
        if not recipient:
            return rules.NO_TO
        if not sender and not form.get("MessagingServiceSid"):
            return rules.NO_FROM
        if sender in rules.REFUSED_SENDERS:
            return rules.REFUSED_SENDERS[sender]
        if sender and sender not in self.numbers and not _is_alphanumeric(sender):
            return rules.NOT_OWNED if rules.is_number(sender) else rules.BAD_FROM
        if not body:
            return rules.NO_BODY
        if len(body) > rules.MAX_BODY:
            return rules.TOO_LONG
        if not (validity.isdigit() and 1 <= int(validity) <= rules.MAX_VALIDITY):
            return rules.BAD_VALIDITY
        if self.store.opted_out(recipient):
            return rules.OPTED_OUT
        once = rules.REFUSED_ONCE.get(recipient[-5:])
        if once and self.store.first_time(recipient):
            return once
        return rules.refusal_for(recipient)

    def receive(self, sender: str, recipient: str, body: str) -> Row:
        """A person writes to the application: remember it and hand it to the webhook."""
        word = body.strip().upper()
        if word in rules.STOP_WORDS or word in rules.START_WORDS:
            self.store.set_opted_out(sender, word in rules.STOP_WORDS)
        now = time.time()
        message = self.store.add_message(
            {
                "sid": new_sid(), "direction": "inbound", "sender": sender, "recipient": recipient or self.numbers[0],
                "body": body, "status": "received", "callback": self._webhook, "upcoming": ["received"],
                "created": now, "updated": now, "sent": now,
            }
        )  # fmt: skip
        self.courier.take(message["sid"], delay=0)
        return message


def _is_alphanumeric(sender: str) -> bool:
    letters = sender.replace(" ", "").replace("-", "").replace("&", "")
    return 0 < len(sender) <= 11 and letters.isalnum() and not letters.isdigit()


def phone_account() -> Phone:
    phone = current_app.extensions["sandbox.phone"]
    assert isinstance(phone, Phone)
    return phone


def refuse(refusal: rules.Refusal) -> tuple[Response, int]:
    """The API's error answer."""
    return jsonify(
        code=refusal.code,
        message=refusal.message,
        more_info=f"https://www.twilio.com/docs/errors/{refusal.code}",
        status=refusal.status,
    ), refusal.status


def authenticated(view: View) -> View:
    """Only with the account's own credentials."""

    @wraps(view)
    def checked(*args: Any, **named: Any) -> Any:
        given = request.authorization
        if given is None or given.type != "basic" or not phone_account().knows(given.username, given.password):
            return refuse(rules.UNAUTHENTICATED)
        if named.pop("account_sid", phone_account().account_sid) != phone_account().account_sid:
            return refuse(rules.NOT_FOUND)
        return view(*args, **named)

    return checked


blueprint = Blueprint("twilio", __name__, url_prefix=f"/{VERSION}/Accounts")


@blueprint.get("/<account_sid>.json")
@authenticated
def show_account() -> Any:
    sid = phone_account().account_sid
    return {"sid": sid, "friendly_name": "Sandbox", "status": "active", "type": "Trial", "owner_account_sid": sid}


@blueprint.post("/<account_sid>/Messages.json")
@authenticated
def send_message() -> Any:
    answer = phone_account().send(request.form.to_dict())
    return refuse(answer) if isinstance(answer, rules.Refusal) else (_shown(answer), 201)


@blueprint.get("/<account_sid>/Messages/<sid>.json")
@authenticated
def show_message(sid: str) -> Any:
    message = phone_account().store.message(sid)
    return _shown(message) if message else refuse(rules.NOT_FOUND)


@blueprint.post("/<account_sid>/Messages/<sid>.json")
@authenticated
def redact_message(sid: str) -> Any:
    """An empty Body wipes the record's text; Status=canceled only concerns scheduled messages, which we do not take."""
    store = phone_account().store
    if store.message(sid) is None:
        return refuse(rules.NOT_FOUND)
    if "Body" in request.form:
        if request.form["Body"]:
            return refuse(rules.Refusal(400, 20001, "Body may only be set to an empty string"))
        store.change_message(sid, redacted=1, updated=time.time())
    message = store.message(sid)
    return _shown(message) if message else refuse(rules.NOT_FOUND)


@blueprint.delete("/<account_sid>/Messages/<sid>.json")
@authenticated
def delete_message(sid: str) -> Any:
    store = phone_account().store
    if store.message(sid) is None:
        return refuse(rules.NOT_FOUND)
    store.remove_message(sid)
    return "", 204


@blueprint.get("/<account_sid>/Messages.json")
@authenticated
def list_messages() -> Any:
    arguments = request.args
    try:
        size = min(max(int(arguments.get("PageSize", 50)), 1), MAX_PAGE)
        page = max(int(arguments.get("Page", 0)), 0)
        since, before = _sent_between(arguments)
    except ValueError:
        return refuse(rules.Refusal(400, 20001, "A filter or page is not valid"))
    found = phone_account().store.messages(
        to=arguments.get("To", ""), sender=arguments.get("From", ""), since=since, before=before,
        limit=size + 1, offset=page * size,
    )  # fmt: skip
    base = f"/{VERSION}/Accounts/{phone_account().account_sid}/Messages.json"
    kept = {name: value for name, value in arguments.items() if name not in ("Page", "PageSize", "PageToken")}
    following = f"{base}?{urlencode(kept | {'PageSize': size, 'Page': page + 1})}" if len(found) > size else None
    return {
        "messages": [_shown(message) for message in found[:size]],
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + len(found[:size]) - 1,
        "uri": f"{base}?{urlencode(kept | {'PageSize': size, 'Page': page})}",
        "first_page_uri": f"{base}?{urlencode(kept | {'PageSize': size, 'Page': 0})}",
        "next_page_uri": following,
        "previous_page_uri": None,
    }


def _sent_between(arguments: Any) -> tuple[float, float]:
    """The half-open span that DateSent, `DateSent>` (from) and `DateSent<` (to, inclusive) ask for; 0 is open."""
    day, since, until = arguments.get("DateSent"), arguments.get("DateSent>"), arguments.get("DateSent<")
    if day:
        start = _moment(day).replace(hour=0, minute=0, second=0, microsecond=0)
        return start.timestamp(), (start + timedelta(days=1)).timestamp()
    end = 0.0
    if until:
        end = (_moment(until) + (timedelta(days=1) if len(until) == 10 else timedelta(seconds=1))).timestamp()
    return (_moment(since).timestamp() if since else 0.0), end


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _shown(message: Row) -> dict[str, Any]:
    sid, account = message["sid"], phone_account().account_sid
    uri = f"/{VERSION}/Accounts/{account}/Messages/{sid}"
    code = message["error_code"]
    return {
        "sid": sid, "account_sid": account, "api_version": VERSION, "messaging_service_sid": message["service_sid"],
        "from": message["sender"], "to": message["recipient"], "body": "" if message["redacted"] else message["body"],
        "direction": message["direction"], "status": message["status"], "error_code": code,
        "error_message": f"Delivery failed ({code})" if code else None,
        "num_media": "0", "num_segments": str(rules.segments(message["body"])), "price": None, "price_unit": "USD",
        "date_created": _rfc2822(message["created"]), "date_updated": _rfc2822(message["updated"]),
        "date_sent": _rfc2822(message["sent"]) if message["sent"] else None,
        "uri": uri + ".json", "subresource_uris": {"media": uri + "/Media.json"},
    }  # fmt: skip


def _rfc2822(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC))


pages = Blueprint("sandbox_phone", __name__)


@pages.get("/phone/messages")
@authenticated
def conversation() -> Any:
    """For the pages and scripts: the messages of one number, or of all, newest first."""
    arguments = request.args
    found = phone_account().store.messages(
        to=arguments.get("to", ""), person=arguments.get("person", ""), after=arguments.get("after", None, int),
        limit=min(arguments.get("limit", 200, int), MAX_PAGE), offset=arguments.get("offset", 0, int),
    )  # fmt: skip
    return {"items": [_plain(message) for message in found]}


@pages.get("/phone/conversations")
@authenticated
def conversations() -> Any:
    return {"items": phone_account().store.conversations(), "numbers": list(phone_account().numbers)}


@pages.get("/phone/pending")
@authenticated
def pending() -> Any:
    """How many reports the application has not had yet."""
    return {"pending": phone_account().courier.pending()}


@pages.post("/phone/replies")
@authenticated
def reply() -> Any:
    """A person writes: `{from, to?, body}`."""
    given = request.get_json()
    sender, body = str(given.get("from", "")), str(given.get("body", ""))
    if not rules.is_number(sender) or not body.strip():
        return refuse(rules.NO_BODY if rules.is_number(sender) else rules.BAD_FROM)
    return _plain(phone_account().receive(sender, str(given.get("to") or ""), body)), 201


def _plain(message: Row) -> dict[str, Any]:
    return {
        "number": message["number"], "sid": message["sid"], "direction": message["direction"],
        "from": message["sender"], "to": message["recipient"], "body": message["body"], "status": message["status"],
        "error_code": message["error_code"], "reported": not json.loads(message["upcoming"]),
        "redacted": bool(message["redacted"]),
        "at": datetime.fromtimestamp(message["created"], UTC).isoformat(),
    }  # fmt: skip
