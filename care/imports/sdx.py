"""SDX (Secure Data Exchange): travellers as the US border reports them. Pure.

Dates are eight digits with the month first (05142021); what is not known says N/A.
"""

import re
from typing import Any

from care.imports import sormas, us_people
from care.imports.base import Column, ColumnMap, Context, ImportFormat, ParsedRow
from care.imports.rows import RowReader
from care.imports.values import DateOrder
from care.vocabulary import Kind

EIGHT_DIGITS = re.compile(r"(\d{2})(\d{2})(\d{4})")


class Sdx(ImportFormat):
    """One traveller per row; monitoring counts from the arrival, which therefore must be usable."""

    code = "sdx"
    name = "SDX (Secure Data Exchange)"
    region = us_people.REGION
    columns = (
        Column("external_id", ("RecordId",)),
        Column("family_name", ("LastName",), required=True),
        Column("given_name", ("FirstName",), required=True),
        Column("birth_date", ("BirthDate",)),
        Column("sex", ("Gender",)),
        Column("phone", ("PrimaryPhone",)),
        Column("phone2", ("SecondaryPhone",)),
        Column("email", ("EmailAddress",)),
        Column("street", ("AddressStreet",)),
        Column("city", ("AddressCity",)),
        Column("state", ("AddressState",)),
        Column("postal_code", ("AddressZip",)),
        Column("entered_on", ("ArrivalDate",), required=True),
        Column("departed_on", ("DepartureDate",)),
    )
    date_fields = ("birth_date", "entered_on", "departed_on")

    def date_order(self, columns: ColumnMap) -> DateOrder:
        return DateOrder.MONTH_FIRST

    def parse_row(self, row: RowReader, context: Context) -> ParsedRow:
        protocol = us_people.protocol(row, context)
        address = {name: us_people.text(row, name) for name in ("street", "postal_code")}
        address["city"] = ", ".join(filter(None, (us_people.text(row, "city"), us_people.text(row, "state"))))
        born = row.day("birth_date", latest=context.today, rewrite=_with_slashes)
        person = us_people.person(row, context, born, address)
        entered_on = row.day("entered_on", latest=context.today, mandatory=True, rewrite=_with_slashes)

        def build() -> dict[str, Any]:
            return {
                "case": {
                    "kind": Kind.TRAVELLER,
                    "protocol": protocol,
                    "person": person,
                    "entered_on": entered_on,
                    "external_id": us_people.text(row, "external_id"),
                }
            }

        return row.finish(build, sormas.display_name(row))


def _with_slashes(text: str) -> str:
    found = EIGHT_DIGITS.fullmatch(text)
    return "/".join(found.groups()) if found else "" if text.casefold() in us_people.NOT_AVAILABLE else text
