"""The errors that the domain raises. They carry meaning; the edges carry status codes (config.error_pages).

A text is an English msgid with `{named}` parameters, marked with `N_` so that it is found for translation; the edge
translates it and puts the parameters in.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable


def N_(text: str) -> str:
    """Mark `text` for translation and return it unchanged."""
    return text


@runtime_checkable
class Worded(Protocol):
    """A text that brings its own translations, as those of definition files do. It may be a parameter of an error."""

    def to(self, locale: str) -> str:
        """The text in `locale`, a locale of ours such as "de-simple"."""


@dataclass(frozen=True)
class FieldError:
    """One complaint about one input. `field` is the input's name, or "" for the whole."""

    field: str
    message: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return self.message.format(**self.params)


class DomainError(Exception):
    """Base of all errors that are meant for the person who asked."""

    message = N_("That is not possible.")

    def __init__(self, message: str | None = None, **params: Any) -> None:
        self.message = message or type(self).message
        self.params = params
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message.format(**self.params)


class RuleViolation(DomainError):
    """The input breaks a rule; `errors` says field by field which."""

    message = N_("Please check your entries.")

    def __init__(self, field: str, message: str, **params: Any) -> None:
        super().__init__(message, **params)
        self.errors: tuple[FieldError, ...] = (FieldError(field, message, params),)

    @classmethod
    def of(cls, errors: Iterable[FieldError]) -> Self:
        """One violation for several fields; `errors` must not be empty."""
        found = tuple(errors)
        violation = cls(found[0].field, found[0].message, **found[0].params)
        violation.errors = found
        return violation


class InvalidTransition(DomainError):
    """The action is not in the transition table for this status.

    The codes of both are for programs. A page offers what is possible: people meet this who have an old one open, or
    who have chosen many at once.
    """

    message = N_("“{action}” is not possible while the status is “{status}”.")
    for_people = N_("This is not possible as things stand now. Something may have changed meanwhile.")

    def __init__(self, action: str, status: str) -> None:
        super().__init__(action=action, status=status)
        self.action, self.status = action, status


class NotFound(DomainError):
    """There is no such thing, or the asker may not know of it."""

    message = N_("We could not find that.")


class Conflict(DomainError):
    """Somebody else was faster, or the same thing exists already."""

    message = N_("This has changed in the meantime. Please look at it again.")


class Forbidden(DomainError):
    """Known person, known thing, missing permission."""

    message = N_("You do not have the permission for this.")


class TooLarge(DomainError):
    """The upload is larger than we take."""

    message = N_("The file is too large: at most {limit_mb} MB.")


class ConfigurationError(DomainError):
    """A setting is missing or wrong; the message names it and the mend. With several `problems`, a line each."""

    problems: tuple[FieldError, ...] = ()

    @classmethod
    def of(cls, problems: Iterable[FieldError]) -> Self:
        """One error for several settings; the `field` of a problem is the setting's full name, or ""."""
        found = tuple(problems)
        error = cls("{problems}", problems="\n".join(f"{one.field}: {one}" if one.field else str(one) for one in found))
        error.problems = found
        return error
