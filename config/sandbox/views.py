"""The sandbox's pages in the application: what was sent, a box to answer as that person, and the clock.

`attach` adds them to an application; only `config.cli` calls it. They answer to loopback alone, and a page of another
site cannot post to them.
"""

import re
import threading
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from auth.policies import public
from config import clock
from config.errors import N_, RuleViolation
from config.sandbox import state
from config.sandbox.clock import MovableClock
from config.sandbox.remote import Remote
from config.sandbox.settling import settle
from config.settings import Settings, current_settings

LOOPBACK = ("127.0.0.1", "::1")
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
YEARS = range(2000, 2200)
"""Beyond them, days are counted out of the calendar."""
blueprint = Blueprint("sandbox", __name__, url_prefix="/sandbox", template_folder="templates")
_one_at_a_time = threading.Lock()


def attach(app: Flask, settings: Settings, kept: state.State | None, movable: MovableClock) -> None:
    """Give `app` the sandbox's pages; `settings` as they were before the sandbox filled them."""
    app.extensions["sandbox.remote"] = Remote(settings, kept) if kept else None
    app.extensions["sandbox.clock"] = movable
    app.jinja_env.filters["linked"] = linked
    app.register_blueprint(blueprint)


def linked(text: str) -> Markup:
    """`text` with its web addresses as links."""
    parts, last = [], 0
    for found in LINK.finditer(text):
        url = escape(found.group())
        parts += [escape(text[last : found.start()]), Markup('<a class="kern-link" href="{0}">{0}</a>').format(url)]
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])


@blueprint.before_request
def only_from_this_machine() -> None:
    """No other machine, no borrowed name for this one, and no form on somebody else's page."""
    origin = request.headers.get("Origin")
    names = {urlsplit(current_settings().base_url).hostname, "localhost", *LOOPBACK}
    hosts = [urlsplit(f"//{request.host}").hostname] + ([urlsplit(origin).hostname] if origin else [])
    if request.remote_addr not in LOOPBACK or not names.issuperset(hosts):
        abort(404)
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(404)


def _remote(part: str) -> Remote:
    remote = current_app.extensions["sandbox.remote"]
    if remote is None or part not in remote.parts:
        abort(404)
    assert isinstance(remote, Remote)
    return remote


@blueprint.get("/phone")
@public(api=True)
def phone() -> ResponseReturnValue:
    remote, person = _remote(state.PHONE), _number(request.args.get("number", ""))
    messages = remote.messages(person=person) if person else []
    for message in messages:
        message["at"] = datetime.fromisoformat(message["at"])
    conversations = remote.conversations()
    return render_template("sandbox/phone.html", conversations=conversations, person=person, messages=messages[::-1])


@blueprint.get("/phone.json")
@public(api=True)
def phone_json() -> ResponseReturnValue:
    to, person = _number(request.args.get("to", "")), _number(request.args.get("person", ""))
    after, limit = request.args.get("after", None, int), request.args.get("limit", 200, int)
    return jsonify(items=_remote(state.PHONE).messages(to=to, person=person, after=after, limit=limit))


@blueprint.post("/phone/reply")
@public(api=True)
def reply() -> ResponseReturnValue:
    given = request.get_json() if request.is_json else request.form
    sender, body = _number(str(given.get("from", ""))), str(given.get("body", "")).strip()
    if not sender or not body:
        raise RuleViolation("body" if sender else "from", N_("A reply needs a number and a text."))
    message = _remote(state.PHONE).reply(sender, body, str(given.get("to") or ""))
    return (jsonify(message), 201) if request.is_json else redirect(url_for("sandbox.phone", number=sender))


@blueprint.get("/mailbox")
@public(api=True)
def mailbox() -> ResponseReturnValue:
    to = request.args.get("to", "")
    mails = _remote(state.MAIL).mails(to=to, limit=200)
    for mail in mails:
        mail["at"] = datetime.fromisoformat(mail["at"])
    return render_template("sandbox/mailbox.html", mails=mails, to=to)


@blueprint.get("/mailbox.json")
@public(api=True)
def mailbox_json() -> ResponseReturnValue:
    to, after, limit = (
        request.args.get("to", ""),
        request.args.get("after", None, int),
        request.args.get("limit", 50, int),
    )
    return jsonify(items=_remote(state.MAIL).mails(to=to, after=after, limit=limit))


@blueprint.get("/mailbox/<int:number>")
@public(api=True)
def mail(number: int) -> ResponseReturnValue:
    found = _remote(state.MAIL).mail(number)
    found["at"] = datetime.fromisoformat(found["at"])
    return render_template("sandbox/mail.html", mail=found)


@blueprint.get("/mailbox/<int:number>/html")
@public(api=True)
def mail_html(number: int) -> ResponseReturnValue:
    response = Response(_remote(state.MAIL).mail(number)["html"], mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.get("/mailbox/<int:number>/attachments/<int:part>")
@public(api=True)
def attachment(number: int, part: int) -> ResponseReturnValue:
    content, content_type = _remote(state.MAIL).part(number, part)
    response = Response(content, content_type=content_type)
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Content-Disposition"] = "inline" if content_type == "application/pdf" else "attachment"
    return response


@blueprint.get("/clock")
@public(api=True)
def show_clock() -> ResponseReturnValue:
    return jsonify(at=_local(clock.now()), moved_by_seconds=_clock().offset.total_seconds())


@blueprint.post("/clock")
@public(api=True)
def move_clock() -> ResponseReturnValue:
    """Move the domain's time (`{"at": "2026-11-03T08:00:00+01:00"}`; null: back to the real one) and do what is due."""
    given = request.get_json()
    if not isinstance(given, dict) or "at" not in given:
        raise RuleViolation("at", N_("Please say when, or null for the real time."))
    at = _moment(given["at"])
    remote = current_app.extensions["sandbox.remote"]
    with _one_at_a_time:
        before = clock.now()
        _clock().move(at)
        if clock.now() < before:
            clock.set_back()
        ran, left = settle(remote.pending if remote else lambda: 0)
    return jsonify({"at": _local(clock.now()), "ran": ran} | ({"under_way": left} if left else {}))


def _clock() -> MovableClock:
    movable = current_app.extensions["sandbox.clock"]
    assert isinstance(movable, MovableClock)
    return movable


def _moment(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise RuleViolation("at", N_("The time must look like 2026-11-03T08:00:00+01:00.")) from None
    if at.year not in YEARS:
        raise RuleViolation("at", N_("The time must lie between {first} and {last}."), first=YEARS[0], last=YEARS[-1])
    return at if at.tzinfo else at.replace(tzinfo=current_settings().zone)


def _local(at: datetime) -> str:
    return at.astimezone(current_settings().zone).isoformat(timespec="seconds")


def _number(text: str) -> str:
    """A telephone number from a query, where an unescaped + arrives as a space."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return f"+{digits}" if digits else ""
