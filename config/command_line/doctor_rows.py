"""Whether the database holds the application to what it may see, and keeps the trail from it."""

from collections.abc import Iterator

from sqlalchemy import Connection, Row, create_engine, inspect, text

from config import row_security, schema
from config.command_line.ailments import Ailment, Ailments
from config.command_line.terminal import _
from config.engines import engine_options
from config.errors import N_
from config.settings import Settings

ROLE = text("""
    SELECT rolsuper, rolbypassrls, (
        SELECT count(*) FROM pg_class
        WHERE relowner = pg_roles.oid AND relkind = 'r' AND relnamespace = 'public'::regnamespace
    ) AS owned FROM pg_roles WHERE rolname = current_user
""")
TABLES = text("""
    SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS held, coalesce(array_agg(
        p.polname || ' ' || CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'a' THEN 'INSERT' ELSE p.polcmd::text END
        ORDER BY p.polname
    ) FILTER (WHERE p.oid IS NOT NULL), '{}') AS policies
    FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid
""")
TRAIL = ("audit_event", "audit_seal", "audit_anchor")
CHANGES = text("SELECT has_table_privilege(:table, 'UPDATE') OR has_table_privilege(:table, 'DELETE')")
REPAIR = N_("Run `obhut db protect` with OBHUT_MIGRATION_DATABASE_URL set to the owner.")


def examine(settings: Settings) -> str:
    """Roles, policies and the trail on PostgreSQL. Raises Ailments."""
    if not settings.database_url.startswith("postgresql"):
        return _("SQLite has none: queries alone keep people apart")
    if schema.check(settings.database_url) != schema.newest_revision():
        return _("not started yet")
    engine = create_engine(settings.database_url, **engine_options(settings.database_url))
    try:
        with engine.connect() as connection:
            found = [*_of_the_role(connection), *_of_the_tables(connection), *_of_the_trail(connection)]
    finally:
        engine.dispose()
    if found:
        raise found[0] if len(found) == 1 else Ailments(found)
    return _("{number} tables, held to the scope of whoever asks", number=len(row_security.PROTECTED))


def _of_the_role(connection: Connection) -> Iterator[Ailment]:
    role = connection.execute(ROLE).one()
    if role.rolsuper or role.rolbypassrls:
        yield Ailment(
            N_("the application's role passes row-level security by"),
            N_("OBHUT_DATABASE_URL: use a role that is neither superuser nor has BYPASSRLS."),
        )
    elif role.owned:
        yield Ailment(
            N_("the application's role owns {number} tables, and could lift their protection"),
            N_(
                "Give OBHUT_MIGRATION_DATABASE_URL the owner and OBHUT_DATABASE_URL another role, "
                "then run `obhut db upgrade`."
            ),
            number=role.owned,
        )


def _of_the_tables(connection: Connection) -> Iterator[Ailment]:
    there: dict[str, Row[tuple[str, bool, list[str]]]] = {row.relname: row for row in connection.execute(TABLES)}
    wanted: dict[str, list[str]] = {table: [] for table in row_security.PROTECTED}
    for policy in row_security.policies():
        wanted[policy.table] = sorted([*wanted[policy.table], f"{policy.name} {policy.command}"])
    bare = [table for table in wanted if table not in there or not there[table].held]
    if bare:
        yield Ailment(N_("no row-level security on {tables}"), REPAIR, tables=", ".join(bare))
    other = [table for table, names in wanted.items() if table in there and there[table].policies != names]
    if other:
        yield Ailment(N_("other policies than expected on {tables}"), REPAIR, tables=", ".join(other))
    if not bare and not other:
        yield from _of_what_is_seen(connection)


def _of_what_is_seen(connection: Connection) -> Iterator[Ailment]:
    """The policies' words may have been changed: without a scope nothing must be seen."""
    quote = connection.dialect.identifier_preparer.quote
    seen = [
        table
        for table in row_security.PROTECTED
        if connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {quote(table)})"))  # noqa: S608 - names of our own
    ]
    role_is_held = not connection.execute(ROLE).one().rolsuper
    if seen and role_is_held:
        yield Ailment(N_("rows of {tables} are seen without a scope"), REPAIR, tables=", ".join(seen))


def _of_the_trail(connection: Connection) -> Iterator[Ailment]:
    if connection.execute(ROLE).one().rolsuper or not inspect(connection).has_table(TRAIL[0]):
        return
    changed = [table for table in TRAIL if connection.scalar(CHANGES, {"table": table})]
    if changed:
        yield Ailment(
            N_("the application's role may change or delete rows of {tables}"),
            N_("Run `obhut db upgrade` with OBHUT_MIGRATION_DATABASE_URL set to the owner."),
            tables=", ".join(changed),
        )
