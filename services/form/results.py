"""What a rule computed becomes an answer of its field. Pure."""

from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

from services.form.fields import FieldType, FormField
from services.form.operators import number, truthy, word
from services.form.parsing import parse
from services.form.plain import Invalid, PartsInvalid

CENT = Decimal("0.01")


def as_answer(field: FormField, value: Any) -> Any:
    """The stored form of `value`, which a rule gave; None when the field cannot hold it.

    Amounts are rounded to the cent and integers to the whole, halves away from zero.
    """
    if value is None:
        return None
    try:
        return parse(field, _typed(field, value))
    except (Invalid, PartsInvalid, DecimalException):
        return None


def _typed(field: FormField, value: Any) -> Any:
    match field.type:
        case FieldType.MONEY | FieldType.NUMBER | FieldType.INTEGER:
            found = number(value)
            if found is None:
                return None
            if field.type is FieldType.INTEGER:
                return int(found.to_integral_value(ROUND_HALF_UP))
            return found.quantize(CENT, ROUND_HALF_UP) if field.type is FieldType.MONEY else found
        case FieldType.YES_NO | FieldType.CHECKBOX:
            return truthy(value)
        case FieldType.CHOICES | FieldType.ADDRESS | FieldType.MAP:
            return value
    return word(value)
