"""What residents are told of something that they have just done."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash
from flask_babel import gettext as _

from config.error_pages import translated
from config.errors import DomainError, InvalidTransition, RuleViolation
from services.commands import Act
from services.lifecycle import WRITING


class NotSent(Exception):
    """What somebody wrote has not been taken. `why`: for them, in their language."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


@contextmanager
def told(command: Act) -> Iterator[None]:
    """Say on the next page what became of the act in the block. RuleViolation goes through: it is for the form.

    Raises NotSent when something was written that the page then gives back, so that it is not lost.
    """
    try:
        yield
    except RuleViolation:
        raise
    except DomainError as error:
        has_moved_on = isinstance(error, InvalidTransition)
        moved_on = _("This is no longer possible: the request has moved on in the meantime.")
        why = moved_on if has_moved_on else translated(error)
        if command.action in WRITING and command.message:
            raise NotSent(why) from error
        flash(why, "warning" if has_moved_on else "danger")
    else:
        flash(_("Thank you. It has reached us."), "success")
