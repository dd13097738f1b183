"""Answers as people read them. Pure."""

from datetime import date
from typing import Any

import phonenumbers

from services.form.fields import FieldType, FormField


def readable(field: FormField, value: Any, locale: str, *, yes: str, no: str) -> str:
    """An answer as a person reads it, in `locale`; "" when there is none."""
    match field.type:
        case FieldType.CHECKBOX:
            return yes if value else no
        case _ if value is None:
            return ""
        case FieldType.CHOICE:
            return next((option.label.to(locale) for option in field.options if option.value == value), str(value))
        case FieldType.ADDRESS:
            return f"{value['street']} {value['house_number']}, {value['postal_code']} {value['city']}"
        case FieldType.DATE:
            day = date.fromisoformat(value)
            return f"{day:%d.%m.%Y}"
        case FieldType.PHONE:
            number = phonenumbers.parse(value)
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return str(value)
