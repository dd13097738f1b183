"""Row-level security (PostgreSQL): the rows of people are seen in a scope alone.

What is written here stays as it is. `config/row_security.py` says what is wanted now; a test compares.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SYSTEM = "(SELECT current_setting('obhut.system', true)) <> ''"
OFFICES = "ANY ((SELECT string_to_array(current_setting('obhut.offices', true), ',')::uuid[])::uuid[])"
DEPARTMENTS = "ANY ((SELECT string_to_array(current_setting('obhut.departments', true), ','))::text[])"
OWNERS = "ANY ((SELECT string_to_array(current_setting('obhut.owners', true), ','))::text[])"
STAFF = "(SELECT current_setting('obhut.owners', true)) <> ''"
USER = "(SELECT nullif(current_setting('obhut.user_id', true), '')::uuid)"
ACTOR = "(SELECT nullif(current_setting('obhut.actor', true), ''))"
REGISTERS = "ANY ((SELECT string_to_array(current_setting('obhut.registers', true), ','))::text[])"

OF_OFFICE = f"office_id = {OFFICES}"
OF_OWNER = f"owner = {OWNERS} OR (owner IS NULL AND {STAFF})"
OF_USER = f"user_id = {USER}"
IN_AUDIT = f"'audit' = {REGISTERS}"


def _with(parent: str, column: str, table: str) -> str:
    return f"(SELECT true FROM {parent} WHERE {parent}.id = {table}.{column})"  # noqa: S608 - names of our own


# table → condition beside that of the house itself; "" for none
ROWS = {
    "user_account": f"id = {USER}",
    "user_session": OF_USER,
    "login_attempt": "",
    "role_grant": f"'roles' = {REGISTERS}",
    "used_logout_token": "",
    "kept_form": OF_USER,
    "idempotency_record": f"actor = {ACTOR}",
    "audit_event": IN_AUDIT,
    "audit_pending": IN_AUDIT,
    "audit_seal": IN_AUDIT,
    "audit_anchor": IN_AUDIT,
    "legal_hold": OF_OWNER,
    "archive_offer": OF_OWNER,
    "erasure": "",
    "notification": OF_OWNER,
    "delivery_attempt": _with("notification", "notification_id", "delivery_attempt"),
    "receipt": "",
    "inbound_message": OF_OWNER,
    "bulk_send": OF_OWNER,
    "bulk_recipient": _with("bulk_send", "bulk_id", "bulk_recipient"),
    "suppression": STAFF,
    "contact_basis": STAFF,
    "service_request": f"department_code = {DEPARTMENTS} OR applicant_id = {USER} OR created_by = {ACTOR}",
    "request_event": _with("service_request", "request_id", "request_event"),
    "request_attachment": _with("service_request", "request_id", "request_attachment"),
    "request_attachment_content": _with("request_attachment", "attachment_id", "request_attachment_content"),
    "care_person": OF_OFFICE,
    "care_name_prefix": _with("care_person", "person_id", "care_name_prefix"),
    "care_case": OF_OFFICE,
    "care_handover": f"from_office_id = {OFFICES} OR to_office_id = {OFFICES}",
    "care_link_code": _with("care_case", "case_id", "care_link_code"),
    "care_case_link": f"{OF_USER} OR {_with('care_case', 'case_id', 'care_case_link')}",
    "care_order_event": _with("care_case", "case_id", "care_order_event"),
    "care_case_event": _with("care_case", "case_id", "care_case_event"),
    "care_office_task": _with("care_case", "case_id", "care_office_task"),
    "care_document": _with("care_case", "case_id", "care_document"),
    "care_access_link": _with("care_case", "case_id", "care_access_link"),
    "care_check_in": _with("care_case", "case_id", "care_check_in"),
    "care_symptom_report": _with("care_case", "case_id", "care_symptom_report"),
    "care_review": _with("care_case", "case_id", "care_review"),
    "care_lab_result": _with("care_case", "case_id", "care_lab_result"),
    "care_import": OF_OFFICE,
    "care_import_row": _with("care_import", "import_id", "care_import_row"),
}
# what a row must be to be written, where that is less than what is seen
WRITTEN = {"care_case_link": _with("care_case", "case_id", "care_case_link")}
ANYBODY_ADDS = ("audit_event", "audit_pending")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in ROWS.items():
        seen = f"{SYSTEM} OR {condition}" if condition else SYSTEM
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        written = f" WITH CHECK ({SYSTEM} OR {WRITTEN[table]})" if table in WRITTEN else ""
        op.execute(f"CREATE POLICY obhut_rows ON {table} FOR ALL USING ({seen}){written}")
    for table in ANYBODY_ADDS:
        op.execute(f"CREATE POLICY obhut_inserts ON {table} FOR INSERT WITH CHECK (true)")


def downgrade() -> None:
    raise RuntimeError("there is no way back but the backup made before the upgrade")
