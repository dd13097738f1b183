"""Code lists: the options that many forms share, bundled and versioned. Nothing is ever fetched. Pure."""

from services.form.fields import FormField, Option


def options_of(field: FormField) -> tuple[Option, ...]:
    """What can be chosen in this field, in the order of its list."""
    return field.options
