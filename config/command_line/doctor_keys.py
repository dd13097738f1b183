"""`obhut doctor` on the keys: is everything there that opens what is stored, and is there something to rotate?"""

from sqlalchemy import LargeBinary, create_engine, func, select

from config import schema
from config.command_line.ailments import Ailment
from config.command_line.terminal import _
from config.engines import engine_options
from config.errors import N_
from config.group_keys import TABLE
from config.keyring import KEY_ID_BYTES, Keyring
from config.settings import Settings


def keys(settings: Settings) -> str:
    """Looks at the keys of offices and departments only; `obhut keys status` goes through everything."""
    ring = Keyring(settings)
    if schema.check(settings.database_url) != schema.newest_revision():
        return _("newest {key}", key=ring.newest.hex())
    under = _counted(settings.database_url)
    unknown = {key: number for key, number in under.items() if key not in ring.ids}
    if unknown:
        raise Ailment(
            N_("{number} keys of offices are wrapped by {ids}, which is missing"),
            N_("OBHUT_ENCRYPTION_KEYS: add the older key behind the newest, or what it protects stays unreadable."),
            number=sum(unknown.values()), ids=", ".join(key.hex() for key in unknown),
        )  # fmt: skip
    older = sum(number for key, number in under.items() if key != ring.newest)
    if older or len(ring.ids) > 1:
        text = N_("newest {key}, {number} keys under older ones: run `obhut keys rotate`")
        return _(text, key=ring.newest.hex(), number=older)
    return _("newest {key}, keys of {number} places", key=ring.newest.hex(), number=sum(under.values()))


def _counted(url: str) -> dict[bytes, int]:
    wrapped_by = func.substr(TABLE.c.wrapped, 1, KEY_ID_BYTES, type_=LargeBinary())
    engine = create_engine(url, **engine_options(url))
    try:
        with engine.connect() as connection:
            rows = connection.execute(select(wrapped_by, func.count()).group_by(wrapped_by)).all()
    finally:
        engine.dispose()
    return {bytes(key): number for key, number in rows}
