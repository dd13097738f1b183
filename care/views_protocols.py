"""Protocols as people read them, and what officers change about the course of a case from its page."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from auth.policies import require
from auth.roles import Permission
from care import period_changes, queries, words
from care.case_page import act_on
from care.commands import ExtendMonitoring, MoveToProtocol
from care.forms import PeriodForm, ProtocolForm
from care.protocol import all_protocols, current_protocol
from care.views_staff import blueprint as staff
from config.errors import NotFound
from config.localisation import page_locale


@staff.get("/protocols/")
@require(Permission.PROTOCOLS_SEE)
def protocols() -> ResponseReturnValue:
    """The diseases that people are followed for, each in its newest version and the ones before it."""
    found = [current_protocol(code) for code in queries.protocol_codes()]
    older = {
        one.code: sorted(v for code, v in all_protocols() if code == one.code and v < one.version) for one in found
    }
    return render_template("care/protocols.html", protocols=found, older=older, locale=page_locale())


@staff.get("/protocols/<code>/<int:version>/")
@require(Permission.PROTOCOLS_SEE)
def protocol(code: str, version: int) -> ResponseReturnValue:
    """One version of a protocol: everything that it decides. Raises NotFound."""
    found = all_protocols().get((code, version))
    if found is None:
        raise NotFound()
    return render_template("care/protocol.html", protocol=found, words=words, locale=page_locale())


@staff.post("/cases/<reference>/extensions")
@require(Permission.CASES_REVIEW)
def set_end(reference: str) -> ResponseReturnValue:
    """Let monitoring end later, or earlier where the protocol allows it."""
    form = PeriodForm(prefix="period")
    done = _("The last day was changed.")
    return act_on(reference, form, "period_form", ExtendMonitoring, period_changes.set_end, done)


@staff.post("/cases/<reference>/protocol")
@require(Permission.CASES_REVIEW)
def move_to_protocol(reference: str) -> ResponseReturnValue:
    """Follow the case by the newest version of its protocol, or by another one."""
    form = ProtocolForm(prefix="protocol").offer(queries.protocol_codes(), page_locale())
    done = _("The case follows the chosen protocol.")
    return act_on(reference, form, "protocol_form", MoveToProtocol, period_changes.move, done)
