"""Rows of a model as plain objects, for work on thousands of them: read by columns, past the session.

An entity costs the mapper several times what its columns cost the driver. A light row has the columns that it names
and opens their sealed values as the entity would; rules and texts cannot tell the two apart. It is written back by
`config.rowsets`, never by the session.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Self
from uuid import UUID

from sqlalchemy import Column, Table

from config.encryption import Sealed, Sealer

SUFFIX = "_sealed"
PLAIN = frozenset({str, bytes, date})


class OpenedOnce:
    """A sealed attribute of a light row. Rules look at the same value again and again: it is opened the first time.

    What it gives is not to be changed in place. It lasts as long as the row does, which is one transaction.
    """

    def __init__(self, attribute: Sealed[Any], column: str) -> None:
        self._attribute, self._column = attribute, column
        self._opened, self._from = f"_opened_{column}", f"_from_{column}"

    def __get__(self, row: Any, owner: type) -> Any:
        if row is None:
            return self._attribute
        known = row.__dict__
        blob = known[self._column]
        if blob is None:
            return None
        if known.get(self._from) is not blob:  # else it was sealed anew, by whatever way
            known[self._opened], known[self._from] = self._attribute.__get__(row, owner), blob
        return known[self._opened]

    def __set__(self, row: Any, value: Any) -> None:
        self._attribute.__set__(row, value)
        if type(value) in PLAIN:  # of others, what comes out of the seal may be another than what went in
            known = row.__dict__
            known[self._opened], known[self._from] = value, known[self._column]


class LightRow:
    """Some columns of a row: `class PersonRow(LightRow, KeyHolder): of, columns = Person, ("id", "wrapped_key", …)`.

    A column `phone_sealed` gives the attribute `phone`, which opens it; assigning seals. Sealed ones need a
    `key_holder`.
    """

    of: ClassVar[type[Any]]
    beside: ClassVar[type[Any] | None] = None  # a model that has a row with the same id for each of these
    columns: ClassVar[tuple[str, ...]]
    __tablename__: ClassVar[str]

    def __init__(self, values: Sequence[Any]) -> None:
        self.__dict__.update(zip(self.columns, values, strict=True))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not hasattr(cls, "of"):
            return  # a mixin
        cls.__tablename__ = cls.of.__tablename__
        for name in cls.columns:
            if name.endswith(SUFFIX):
                setattr(cls, name.removesuffix(SUFFIX), OpenedOnce(vars(cls.of)[name.removesuffix(SUFFIX)], name))

    @classmethod
    def selected(cls) -> list[Column[Any]]:
        """What to select, in the order in which the constructor wants it."""
        tables: list[Table] = [model.__table__ for model in (cls.of, cls.beside) if model is not None]
        return [next(table.c[name] for table in tables if name in table.c) for name in cls.columns]

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> Self:
        """A row that is not in the database yet; columns that `values` does not name are None."""
        return cls([values.get(name) for name in cls.columns])

    def values(self, names: Sequence[str]) -> dict[str, Any]:
        """These columns as they are now, for `config.rowsets`."""
        known = self.__dict__
        return {name: known[name] for name in names}


class RowSealer:
    """Seals values of one model's rows for `config.rowsets`, without an object for each row."""

    def __init__(self, model: type[Any], *names: str) -> None:
        self._table: str = model.__tablename__
        self._sealed: dict[str, Sealed[Any]] = {name: vars(model)[name] for name in names}

    def columns(self, row_id: UUID, holder: Sealer, values: Mapping[str, Any]) -> dict[str, bytes | None]:
        """The columns of all sealed attributes that this was made for; what `values` does not name is NULL."""
        found: dict[str, bytes | None] = {}
        for name, attribute in self._sealed.items():
            value = values.get(name)
            found[name + SUFFIX] = None if value is None else attribute.blob(value, holder, self._table, row_id)
        return found
