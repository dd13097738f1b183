"""The thread around a case as its page shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from auth.actors import Actor
from care import conversation
from care.conversation import Talk
from care.models import Case
from care.writing import MODULES
from config.errors import N_
from notifications.labels import CHANNELS, STATUSES, TONES
from notifications.template_titles import title_of

TABS: dict[Talk, str] = {
    Talk.ALL: N_("Everything"),
    Talk.MESSAGES: N_("Messages"),
    Talk.CALLS: N_("Calls and visits"),
    Talk.NOTES: N_("Comments"),
}
KINDS = {"message": N_("We wrote"), "reply": N_("Reply"), "call": N_("Attempt"), "note": N_("Comment")}


def shown(actor: Actor, case: Case, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One page of the thread, as the address of the case's page asks for it. `attempts`: those of the case."""
    asked = request.args.get("talk", "")
    which = Talk(asked) if asked in [one.value for one in Talk] else Talk.ALL
    found = conversation.page(actor, case, which, request.args.get("talk_before"))
    return {
        "lines": found.lines,
        "tabs": [{"label": _(text), "url": _address(case, one), "current": one is which} for one, text in TABS.items()],
        "earlier_url": _address(case, which, found.earlier) if found.earlier else None,
        "tried": _tried(attempts),
        "kinds": {kind: _(text) for kind, text in KINDS.items()},
        "channels": CHANNELS,
        "statuses": STATUSES,
        "tones": TONES,
        "title_of": title_of,
        "modules": [(code, _(title)) for code, title in MODULES.items()],
    }


def _tried(found: Sequence[Mapping[str, Any]]) -> str | None:
    """How often the person was tried to be reached, by messages of ours and by colleagues; None: not yet."""
    arrived = sum(one["automatic"] and one["outcome"] in ("delivered", "reached") for one in found)
    automatic = sum(one["automatic"] for one in found)
    if not found:
        return None
    return str(
        _(
            "Attempts to reach this person: messages sent: %(messages)s, of which delivered: %(arrived)s; "
            "noted by colleagues: %(calls)s.",
            messages=automatic,
            arrived=arrived,
            calls=len(found) - automatic,
        )
    )


def _address(case: Case, which: Talk, before: str | None = None) -> str:
    return url_for("care.case", reference=case.reference, talk=which.value, talk_before=before, _anchor="talk")
