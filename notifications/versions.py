"""The source of every template version that a message was written with, kept once: it explains old messages."""

from weakref import WeakKeyDictionary

from flask import current_app
from sqlalchemy.orm import SessionTransaction

from auth.sessions import own_transaction
from config import clock
from config.database import db, on_commit
from config.ids import new_id
from config.rowsets import insert_for, insert_many
from notifications.operation_models import TemplateVersion
from notifications.rendering import Rendered
from notifications.statuses import Channel
from notifications.template_files import read_source

Known = tuple[str, Channel, str, str]
KNOWN = "obhut.template_versions"
COLUMNS = ["template", "channel", "locale", "version"]


_written: WeakKeyDictionary[SessionTransaction, set[Known]] = WeakKeyDictionary()


def ensure(template: str, channel: Channel, text: Rendered) -> None:
    """Keep the source that `text` was made from, unless it is known; inside the caller's transaction.

    Costs one look into memory once the version is known to this process.
    """
    known: set[Known] = current_app.extensions.setdefault(KNOWN, set())
    mine = (template, channel, text.locale, text.version)
    if mine in known or mine in _of_this_transaction():
        return
    source = read_source(template, channel, text.locale)
    if source.version != text.version:
        return  # the file was changed a moment ago; the next message brings the new version
    values = dict(zip(COLUMNS, mine, strict=True)) | {
        "id": new_id(),
        "source": source.whole,
        "first_used_at": clock.now(),
    }
    if db.engine.dialect.name == "sqlite":  # where a transaction of its own would wait for the caller
        insert_many(TemplateVersion, [values], unless_taken=COLUMNS)
        _of_this_transaction().add(mine)
        on_commit(f"version:{mine}", lambda: known.add(mine))
        return
    # Two long transactions that each met two new versions would wait for one another's rows; a short one of its own
    # waits for nobody, and is committed when the next of a thousand messages asks.
    with own_transaction() as own:
        own.execute(insert_for(TemplateVersion).values(values).on_conflict_do_nothing(index_elements=COLUMNS))
    known.add(mine)


def _of_this_transaction() -> set[Known]:
    """The versions that the innermost transaction has written: of a savepoint, what goes when it is rolled back."""
    session = db.session()
    transaction = session.get_nested_transaction() or session.get_transaction()
    return set() if transaction is None else _written.setdefault(transaction, set())
