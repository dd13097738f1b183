"""The audit trail without its guards."""

from sqlalchemy import text

from config.database import db, transaction

TABLES = ("audit_event", "audit_seal", "audit_anchor")


def unlock() -> None:
    """Take the triggers away, as somebody with the owner's rights could."""
    with transaction():
        if db.engine.dialect.name == "sqlite":
            for name in db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                db.session.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            for table in TABLES:
                db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
