"""What residents are told of something that they have just done."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash
from flask_babel import gettext as _

from config.error_pages import translated
from config.errors import DomainError, InvalidTransition, RuleViolation


@contextmanager
def told() -> Iterator[None]:
    """Say on the next page what became of the act in the block. RuleViolation goes through: it is for the form."""
    try:
        yield
    except RuleViolation:
        raise
    except InvalidTransition:
        flash(_("This is no longer possible: the request has moved on in the meantime."), "warning")
    except DomainError as error:
        flash(translated(error), "danger")
    else:
        flash(_("Thank you. It has reached us."), "success")
