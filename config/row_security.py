"""Whose row is it? For every table, how row-level security finds it out; the one table of it in the house.

PostgreSQL compares what a row says of its place with the scope that it was told (`config.scoping`). A new table needs
a line in `PROTECTED` or in `FREE`, and a protected one a migration that calls its policy into being: migration 0009
shows how, a test says what is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

POLICY, INSERT_POLICY = "obhut_rows", "obhut_inserts"
# Sub-selects are computed once for each statement, not for each row.
SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
OFFICES = "ANY ((SELECT string_to_array(current_setting('obhut.offices', true), ',')::uuid[])::uuid[])"
DEPARTMENTS = "ANY ((SELECT string_to_array(current_setting('obhut.departments', true), ','))::text[])"
OWNERS = "ANY ((SELECT string_to_array(current_setting('obhut.owners', true), ','))::text[])"
STAFF = "(SELECT current_setting('obhut.owners', true)) <> ''"
USER = "(SELECT nullif(current_setting('obhut.user_id', true), '')::uuid)"
ACTOR = "(SELECT nullif(current_setting('obhut.actor', true), ''))"
REGISTERS = "ANY ((SELECT string_to_array(current_setting('obhut.registers', true), ','))::text[])"


@dataclass(frozen=True)
class Rows:
    """Which rows of a table a scope sees and writes, as SQL; `anybody_adds`: rows may be added in every scope.

    `written`: what a row must be to be written, where that is less than what is seen.
    """

    condition: str
    anybody_adds: bool = False
    written: str = ""

    @property
    def sql(self) -> str:
        seen = f"USING ({SYSTEM} OR {self.condition})" if self.condition else f"USING ({SYSTEM})"
        return f"{seen} WITH CHECK ({SYSTEM} OR {self.written})" if self.written else seen


def of_office(column: str = "office_id") -> Rows:
    return Rows(f"{column} = {OFFICES}")


def of_owner(column: str = "owner") -> Rows:
    """`office:<id>` or `department:<code>`; what has no owner is seen by all who work in a place."""
    return Rows(f"{column} = {OWNERS} OR ({column} IS NULL AND {STAFF})")


def of_user(column: str = "user_id") -> Rows:
    return Rows(f"{column} = {USER}")


def with_parent(table: str, column: str, parent: str) -> Rows:
    """Seen with the row of `parent` that `column` names; its own policy counts. One look by its key for each row."""
    return Rows(f"(SELECT true FROM {parent} WHERE {parent}.id = {table}.{column})")  # noqa: S608


def in_register(name: str, *, anybody_adds: bool = False) -> Rows:
    return Rows(f"'{name}' = {REGISTERS}", anybody_adds)


def of_staff() -> Rows:
    return Rows(STAFF)


def of_the_house() -> Rows:
    """For named parts of the house alone."""
    return Rows("")


OF_THE_CASE = with_parent("care_case_link", "case_id", "care_case").condition
PROTECTED: dict[str, Rows] = {
    # who is asking
    "user_account": of_user("id"),
    "user_session": of_user(),
    "login_attempt": of_the_house(),
    "role_grant": in_register("roles"),
    "used_logout_token": of_the_house(),
    "kept_form": of_user(),
    "idempotency_record": Rows(f"actor = {ACTOR}"),
    "audit_event": in_register("audit", anybody_adds=True),
    "audit_pending": in_register("audit", anybody_adds=True),
    "audit_seal": in_register("audit"),
    "audit_anchor": in_register("audit"),
    "record_reader": Rows(f"owner = {OWNERS}"),
    # how long what is kept
    "legal_hold": of_owner(),
    "archive_offer": of_owner(),
    "retention_receipt": of_owner(),
    "erasure": of_the_house(),
    # messages
    "notification": of_owner(),
    "delivery_attempt": with_parent("delivery_attempt", "notification_id", "notification"),
    "receipt": of_the_house(),
    "inbound_message": of_owner(),
    "bulk_send": of_owner(),
    "bulk_recipient": with_parent("bulk_recipient", "bulk_id", "bulk_send"),
    "suppression": of_staff(),
    "contact_basis": of_staff(),
    # requests
    "service_request": Rows(f"department_code = {DEPARTMENTS} OR applicant_id = {USER} OR created_by = {ACTOR}"),
    "request_draft_link": with_parent("request_draft_link", "request_id", "service_request"),
    "report_comment": with_parent("report_comment", "request_id", "service_request"),
    "request_event": with_parent("request_event", "request_id", "service_request"),
    "request_attachment": with_parent("request_attachment", "request_id", "service_request"),
    "request_attachment_content": with_parent("request_attachment_content", "attachment_id", "request_attachment"),
    "service_survey_invitation": of_the_house(),
    "service_survey_answer": Rows(f"department_code = {DEPARTMENTS}"),
    "request_decision": with_parent("request_decision", "request_id", "service_request"),
    "request_note": with_parent("request_note", "request_id", "service_request"),
    "request_saved_view": Rows(f"department_code = {DEPARTMENTS} AND (is_shared OR owner_id = {ACTOR})"),
    "service_payment": with_parent("service_payment", "request_id", "service_request"),
    "service_handover": with_parent("service_handover", "request_id", "service_request"),
    # cases
    "care_person": of_office(),
    "care_name_prefix": with_parent("care_name_prefix", "person_id", "care_person"),
    "care_meeting_point": with_parent("care_meeting_point", "person_id", "care_person"),
    "care_case": of_office(),
    "care_schedule": with_parent("care_schedule", "id", "care_case"),
    "care_duplicate_pair": of_office(),
    "care_merge": with_parent("care_merge", "case_id", "care_case"),
    "care_transfer": Rows(f"from_office_id = {OFFICES} OR to_office_id = {OFFICES}"),
    "care_handover": Rows(f"from_office_id = {OFFICES} OR to_office_id = {OFFICES}"),
    "care_link_code": with_parent("care_link_code", "case_id", "care_case"),
    # Whose login it is sees the link, and cannot make one: it is what opens the case to them.
    "care_case_link": Rows(f"user_id = {USER} OR {OF_THE_CASE}", written=OF_THE_CASE),
    "care_order_event": with_parent("care_order_event", "case_id", "care_case"),
    "care_case_event": with_parent("care_case_event", "case_id", "care_case"),
    "care_office_task": with_parent("care_office_task", "case_id", "care_case"),
    "care_document": with_parent("care_document", "case_id", "care_case"),
    "care_access_link": with_parent("care_access_link", "case_id", "care_case"),
    "care_check_in": with_parent("care_check_in", "case_id", "care_case"),
    "care_symptom_report": with_parent("care_symptom_report", "case_id", "care_case"),
    "care_review": with_parent("care_review", "case_id", "care_case"),
    "care_lab_result": with_parent("care_lab_result", "case_id", "care_case"),
    "care_conversion": with_parent("care_conversion", "case_id", "care_case"),
    "care_vaccination": with_parent("care_vaccination", "case_id", "care_case"),
    "care_exposure": with_parent("care_exposure", "case_id", "care_case"),
    "care_travel": with_parent("care_travel", "case_id", "care_case"),
    "care_comment": with_parent("care_comment", "case_id", "care_case"),
    "care_contact_attempt": with_parent("care_contact_attempt", "case_id", "care_case"),
    "care_household_round": with_parent("care_household_round", "head_id", "care_case"),
    "care_named_contact": with_parent("care_named_contact", "case_id", "care_case"),
    "care_naming_finished": with_parent("care_naming_finished", "case_id", "care_case"),
    "care_occasion": of_office(),
    "care_occasion_guest": with_parent("care_occasion_guest", "occasion_id", "care_occasion"),
    "care_support_request": with_parent("care_support_request", "case_id", "care_case"),
    # A view that is not shared is its owner's alone.
    "care_saved_view": Rows(f"office_id = {OFFICES} AND (is_shared OR owner_id = {ACTOR})"),
    "care_daily_count": of_office(),
    "care_bulk_act": of_office(),
    "care_bulk_act_row": with_parent("care_bulk_act_row", "act_id", "care_bulk_act"),
    "care_order_notice": with_parent("care_order_notice", "case_id", "care_case"),
    "care_court_matter": with_parent("care_court_matter", "case_id", "care_case"),
    "care_import": of_office(),
    "care_export_preset": of_office(),
    "care_import_row": with_parent("care_import_row", "import_id", "care_import"),
}

# Tables that tell nothing of anybody, each with the reason.
FREE: dict[str, str] = {
    "alembic_version": "the schema's own number",
    "office": "the offices of the house, which its public pages name",
    "department": "the departments of the house, which its public pages name",
    "api_token": "hashes and names of programs, looked up before it is known who asks",
    "group_key": "keys that the deployment's own keys have wrapped: nothing opens with them alone",
    "public_report": "what the city has published of reports, for everybody to read",
    "public_report_update": "what the city has published of what became of them",
    "service_version": "published definitions of services",
    "service_state": "which services are on offer, as their public pages say",
    "service_step_count": "numbers of a day without a person",
    "template_version": "texts before anybody's name is in them",
    "sender": "our own numbers, and their pace",
    "heartbeat": "signs of life of our own processes",
}


@dataclass(frozen=True)
class Policy:
    """A policy as PostgreSQL is told it. `using` counts for what is written as well."""

    table: str
    name: str
    command: str
    sql: str


def policies() -> Iterator[Policy]:
    """All policies of the house."""
    for table, rows in PROTECTED.items():
        yield Policy(table, POLICY, "ALL", rows.sql)
        if rows.anybody_adds:
            yield Policy(table, INSERT_POLICY, "INSERT", "WITH CHECK (true)")


def statements(table: str) -> list[str]:
    """What makes row-level security of `table` what it is declared to be; for its migration, and for the test of it."""
    made = [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"]
    return made + [
        f"CREATE POLICY {policy.name} ON {table} FOR {policy.command} {policy.sql}"
        for policy in policies()
        if policy.table == table
    ]
