"""What the files of the US agencies have in common: one disease for all rows, numbers and dates as written there. Pure.

Neither format names a disease: whoever uploads the file chooses it.
"""

from collections.abc import Mapping
from typing import Any

from care.imports.base import Context
from care.imports.rows import RowReader
from care.imports.values import takes_sms
from config.errors import N_

REGION = "US"
NOT_AVAILABLE = frozenset({"n/a", "na"})


def text(row: RowReader, field: str) -> str:
    """The cell; "" where it says that there is nothing."""
    found = row.text(field)
    return "" if found.casefold() in NOT_AVAILABLE else found


def protocol(row: RowReader, context: Context) -> str:
    """The protocol chosen for the file; an error on the row when none was."""
    if not context.protocol:
        row.error("", N_("This format names no disease. Please choose one when you upload the file."))
    return context.protocol


def person(row: RowReader, context: Context, born: Any, address: Mapping[str, str]) -> dict[str, Any]:
    """The person of a row, with the first of their numbers that can be one."""
    numbers = [row.phone(field) for field in ("phone", "phone2", "phone3") if text(row, field)]
    phone = next(filter(None, numbers), None)
    email = row.email("email") if text(row, "email") else None
    if phone and not takes_sms(phone):
        channel = "email" if email else "none"
    else:
        channel = "sms" if phone or numbers or not email else "email"
    return {
        "given_name": row.required("given_name"),
        "family_name": row.required("family_name"),
        "birth_date": born,
        "sex": row.sex("sex"),
        "phone": phone,
        "email": email,
        "channel": channel,
        "locale": "en",
        "address": {name: value for name, value in address.items() if value} or None,
    }
