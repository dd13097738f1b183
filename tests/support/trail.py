"""The audit trail without its guards."""

from sqlalchemy import create_engine, text

from config.settings import current_settings

TABLES = ("audit_event", "audit_seal", "audit_anchor")


def unlock() -> None:
    """Take the triggers away and grant everything, as somebody with the owner's rights could."""
    owner = create_engine(current_settings().migration_database_url)
    with owner.begin() as connection:
        if owner.dialect.name == "sqlite":
            for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            for table in TABLES:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
                connection.execute(text(f"GRANT ALL ON {table} TO PUBLIC"))
    owner.dispose()
