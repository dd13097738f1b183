"""Above the page of a case: what to do next, a call in one click, and the way to the next case of the list."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import request, url_for
from flask_babel import gettext as _

from auth.actors import Actor
from care import list_place, words
from care.list_place import Place
from care.next_action import ANCHORS, TITLES, NextAction, NextCode, NextFacts, Waiting, next_action
from care.order_rules import PaperState
from care.vocabulary import IN_VAIN, AttemptOutcome, LineList, OrderState
from config import clock
from config.error_pages import filled
from config.localisation import local_date, local_datetime
from config.settings import current_settings
from notifications import inbox

# One click each, in the order of the buttons; what they are called there.
CALLS = (AttemptOutcome.REACHED, AttemptOutcome.NOT_REACHED, AttemptOutcome.BUSY, AttemptOutcome.WRONG_ADDRESS)
ON_PAPER = {PaperState.DUE, PaperState.MADE, PaperState.PRINTED}
TABLES = {NextCode.REVIEW: words.FINDINGS, NextCode.TASK: words.TASKS, NextCode.HELP: words.SUPPORT_KINDS}


def page_values(actor: Actor, shown: dict[str, Any]) -> dict[str, Any]:
    """What the page of the case `shown` has above it."""
    place, reference = current_place(), shown["reference"]
    before, after = list_place.neighbours(actor, place, reference) if place else (None, None)
    return {
        "next_action": _shown(next_action(_facts(shown, inbox.waiting_since(actor, reference)))),
        "calls": [(outcome.value, _(words.CALLS[outcome])) for outcome in CALLS],
        "list_mark": current_mark() if place else None,
        "list_url": url_for("care.cases", **_address(place)) if place else None,
        "previous_case": _url(before),
        "next_case": _url(after),
    }


def current_mark() -> str | None:
    """The mark of the list that one came from: of this address, of the form, or of the page that a form stood on."""
    given = request.values.get("list")
    if given or request.method == "GET":
        return given
    return next(iter(parse_qs(urlsplit(request.referrer or "").query).get("list", [])), None)


def current_place() -> Place | None:
    """What it says; None when one did not come from a list."""
    return list_place.read(current_mark())


def address_of(reference: str) -> str:
    """The address of a case, in the list that one came from."""
    mark = current_mark()
    return url_for("care.case", reference=reference, list=mark if list_place.read(mark) else None)


def address_of_next(actor: Actor, reference: str) -> str | None:
    """The address of the case that comes after this one in the list; None at its end, or without a list."""
    place = current_place()
    return _url(list_place.neighbours(actor, place, reference)[1]) if place else None


def _url(step: list_place.Step | None) -> str | None:
    return url_for("care.case", reference=step.reference, list=step.mark) if step else None


def _address(place: Place) -> dict[str, Any]:
    return place.wanted.values()


def _shown(found: NextAction | None) -> dict[str, Any] | None:
    if found is None:
        return None
    inputs = {name: _said(name, value) for name, value in found.inputs.items()}
    table = TABLES.get(found.what, {})
    return {
        "title": _(TITLES[found.what]),
        "what": _(table[found.code]) if found.code in table else "",
        "reason": filled(found.reason, inputs),
        "anchor": ANCHORS[found.what],
        "tone": "danger" if found.is_urgent else "warning",
    }


def _said(name: str, value: Any) -> Any:
    if name == "details":
        return ", ".join(_(words.DETAILS.get(code, code)) for code in value)
    return local_datetime(value) if name == "at" else local_date(value) if name == "on" else value


def _facts(shown: dict[str, Any], replied_at: datetime | None) -> NextFacts:
    open_findings = [found for found in shown["all_findings"] if found["state"] == "open"]
    waiting = [one for one in shown["support"] if "finish" in one["actions"]]
    missing = [code for found in open_findings for code in (found.get("inputs") or {}).get("details", ())]
    return NextFacts(
        is_open=shown["is_open"],
        today=clock.today(current_settings().zone),
        line_list=LineList(shown["line_list"]) if shown["line_list"] else None,
        heard_at=shown["last_report_at"] or shown["enrolled_at"],
        findings=[Waiting(found["code"], found["acknowledge_by"], found["overdue"]) for found in open_findings],
        tasks=[Waiting(task["kind"], task["due_at"], task["is_late"]) for task in shown["tasks"]],
        support=[Waiting(one["kind"], one["due_at"], one["is_overdue"]) for one in waiting],
        positive_on=shown["positive_on"],
        replied_at=replied_at,
        in_vain=_in_vain(shown),
        wrong_since=_wrong_since(shown),
        order_state=OrderState(shown["order_state"]) if shown["order_state"] else None,
        order_ends_on=shown["order_ends_on"],
        letter_lacks_address=not shown["address"] and _letter_waits(shown),
        follow_up_on=shown["follow_up_on"],
        missing=[code for code in missing if code not in words.DATES],
        missing_days=[code for code in missing if code in words.DATES],
    )


def _in_vain(shown: dict[str, Any]) -> int:
    """Attempts without success since a report, or since somebody reached them; newest first."""
    number = 0
    for one in shown["attempts"]:
        if shown["last_report_at"] and one["attempted_at"] <= shown["last_report_at"]:
            break
        if one["outcome"] in IN_VAIN:
            number += 1
        elif not one["automatic"]:
            break
    return number


def _letter_waits(shown: dict[str, Any]) -> bool:
    """Whether a step of the order has a paper that nobody has given away."""
    return any(one["paper"] in ON_PAPER and one["given_on"] is None for one in shown["order"]["notices"])


def _wrong_since(shown: dict[str, Any]) -> datetime | None:
    """When a number or address was last found to be wrong; None if they were reached, or it was corrected, since."""
    corrected = (one for one in shown["events"] if one.kind == "person_corrected")
    ways = {"phone", "email", "address"}
    put_right = (one.recorded_at for one in corrected if ways & ((one.details or {}).get("changes") or {}).keys())
    since = next(put_right, None)
    for one in shown["attempts"]:
        if one["outcome"] == AttemptOutcome.REACHED:
            return None
        if one["outcome"] == AttemptOutcome.WRONG_ADDRESS:
            is_newer = since is None or datetime.fromisoformat(one["recorded_at"]) > since
            return one["attempted_at"] if is_newer else None
    return None
