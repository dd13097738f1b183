"""The roof's list of what belongs to the house, and the places where rooms that may not know each other are joined.

Every module named here registers on import or through its `register()`: message templates, reply and outcome handlers,
jobs. What has to cross between the wings goes through a protocol that is registered here.
"""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from auth import audit_anchors, audit_seals, erasures, retention, tasks as auth_tasks
from auth.actors import Actor
from care import own_quarantine
from config.errors import N_
from notifications.schedule import Job, Queue, register_job
from services import prefill_sources

if TYPE_CHECKING:
    from flask import Flask

BLUEPRINT_MODULES = (
    "config.health",
    "config.portal",
    "config.well_known",
    "config.openapi",
    "auth.views",
    "auth.views_step_up",
    "auth.views_backchannel",
    "auth.views_account",
    "auth.views_session",
    "auth.views_tokens",  # adds its addresses to the blueprint of `views_admin`
    "auth.views_admin",
    "auth.views_audit",
    "auth.views_looks",
    "auth.views_dry_run",  # adds its addresses to the blueprint of `views_privacy`
    "auth.views_privacy",
    "auth.views_own_data",
    "notifications.webhooks",
    # These add their addresses to the blueprint of `views`, so they come before it.
    "notifications.views_running",
    "notifications.views_inbox",
    "notifications.views_suppressions",
    "notifications.views",
    "notifications.views_templates",
    "notifications.api",
    "notifications.views_bulk",
    "notifications.api_bulk",
    "services.views_apply",  # adds its addresses to the blueprint of `views_applicant`
    "services.views_resume",
    "services.views_receipts",  # adds its addresses to the blueprints of `views_applicant`, `views_status` and `api`
    "services.views_survey",
    "services.payments.webhooks",
    "services.payments.views_applicant",
    "services.payments.views_staff",
    "services.handover.views_staff",
    "services.views_applicant",
    "services.views_status",
    "services.views_erasure",
    # These add their addresses to the blueprint of `views_caseworker`, so they come before it.
    "services.views_work_list",
    "services.views_triage",
    "services.views_entry",
    "services.views_mail_room",
    "services.views_managing",  # adds its addresses to a blueprint of `views_caseworker`
    "services.views_caseworker",
    "services.api",
    "services.api_catalogue",
    "services.fim.views",
    "services.open311.views_staff",
    "services.open311.views",
    "services.open311.views_sending",
    # These add their addresses to the blueprint of `views_staff`, so they come before it.
    "care.views_dashboard",
    "care.views_lists",
    "care.views_saved",
    "care.views_bulk_acts",
    "care.views_talk",
    "care.views_transfer",
    "care.views_duplicates",
    "care.views_case_links",
    "care.views_protocols",
    "care.views_course",
    "care.views_households",
    "care.views_support",
    "care.views_naming",
    "care.views_occasions",
    "care.views_order",
    "care.views_orders",
    "care.views_staff",
    "care.views_import_files",  # adds its addresses to the blueprint of `views_imports`
    "care.views_imports",
    "care.views_exports",
    "care.views_erasure",
    "care.views_check_in",
    "care.views_correction",
    "care.views_organiser",
    "care.views_own_case",
    "care.api_course",  # these add their addresses to the blueprint of `api`
    "care.api_orders",
    "care.api",
    "care.api_support",
    "care.api_naming",
    "care.api_occasions",
    "care.api_same_person",
)
WIRED_MODULES = (
    "auth.own_data",
    "auth.keeping",
    "notifications.tasks",
    "notifications.keeping",
    "notifications.bulk_writing",
    "services.tasks",
    "services.payments.tasks",
    "services.handover.tasks",
    "services.open311.publishing",
    "services.keeping",
    "services.own_records",
    "services.view_keeping",
    "care.tasks",
    "care.keeping",
    "care.import_keeping",
    "care.importing",
    "care.bulk_work",
    "care.bulk_act_keeping",
    "care.choice_keeping",
    "care.recipients",
    "care.own_holding",
    "care.name_index",
    "care.duplicates",
    "care.list_marking",
    "care.daily_counts",
    "config.waiting",
    "notifications.trail_words",
    "services.trail_words",
    "care.trail_words",
)


def wire(app: "Flask") -> None:
    """Register every blueprint on `app`, and the handlers, templates and jobs of every room."""
    for name in BLUEPRINT_MODULES:
        module = _found(name)
        blueprints = getattr(module, "blueprints", None) or [getattr(module, "blueprint", None)]
        for blueprint in filter(None, blueprints):
            app.register_blueprint(blueprint)
    for name in WIRED_MODULES:
        register = getattr(_found(name), "register", None)
        if register:
            register()
    _register_jobs_of_auth()
    prefill_sources.register_source(OwnQuarantine())
    with app.app_context():
        retention.check_settings()


class OwnQuarantine:
    """The period of one's own quarantine, for forms of the other wing; read only when the person has agreed."""

    name = "quarantine"
    title = N_("your case at the health office")
    consent = N_(
        "I agree that the health office gives the first and last day of my quarantine and the file number of the order "
        "to this application."
    )
    version = 1

    def read(self, actor: Actor) -> Mapping[str, Any]:
        return own_quarantine.period(actor)


def _register_jobs_of_auth() -> None:
    # That room lies below the queues and cannot register them itself.
    # Each process seals what it has recorded (auth.audit_sealer); this finds what one that died has left.
    register_job(Job("audit-seal", timedelta(seconds=30), Queue.HOUSEKEEPING, audit_seals.seal, woken=False))
    register_job(Job("audit-anchor", timedelta(hours=1), Queue.HOUSEKEEPING, audit_anchors.write, woken=False))
    register_job(Job("erasure-list", timedelta(hours=1), Queue.HOUSEKEEPING, erasures.re_erase, woken=False))
    register_job(Job("auth-tidy", timedelta(minutes=10), Queue.HOUSEKEEPING, auth_tasks.tidy, woken=False))


def _found(name: str) -> object:
    try:
        present = find_spec(name) is not None
    except ModuleNotFoundError:
        present = False
    return import_module(name) if present else None
