"""Commands of this room: offices, departments, roles and tokens.

Exit codes: 0 done, 1 the work failed, 2 wrong usage. Errors are one line on stderr.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NoReturn

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from auth import administration, tokens
from auth.actors import Actor
from auth.roles import Role
from config import clock
from config.database import transaction
from config.errors import DomainError, RuleViolation

DURATION = re.compile(r"([1-9][0-9]{0,4})([hdw])\Z")
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
LONGEST = timedelta(days=tokens.MOST_DAYS)
# Options that name something that has to be there: an unknown one is wrong usage, as an unknown role is.
NAMING = frozenset({"office", "department", "issuer"})
CommandLine = Actor.system("command-line")
Decorated = Callable[..., Any]


class Duration(click.ParamType[timedelta]):
    """`12h`, `30d` or `8w`; as long as a token may last."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = DURATION.match(str(value))
        length = int(match[1]) * UNITS[match[2]] if match else None
        if length is None or length > LONGEST:
            self.fail(f"{value!r} is not possible: write 12h, 30d or 8w, at most {LONGEST.days}d", param, ctx)
        return length


def fail(message: str) -> NoReturn:
    """One line on stderr, exit code 1."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(1)


@contextmanager
def acting() -> Iterator[None]:
    """A transaction whose failures become one readable line; what names something that is not there is wrong usage."""
    try:
        with transaction():
            yield
    except RuleViolation as violation:
        if violation.errors[0].field in NAMING:
            raise click.UsageError(str(violation)) from None
        fail("; ".join(f"{one.field}: {one}" if one.field else str(one) for one in violation.errors))
    except DomainError as error:
        fail(str(error))
    except SQLAlchemyError as error:
        fail(f"the database does not answer as expected ({type(error).__name__}); try `obhut doctor`")


def in_place(command: Decorated) -> Decorated:
    """The options that say where a role counts."""
    office = click.option("--office", metavar="CODE", help="Health office in which the role counts.")
    department = click.option("--department", metavar="CODE", help="Department in which the role counts.")
    return office(department(command))


def place_options(command: Decorated) -> Decorated:
    """The options that describe an office or a department."""
    for option in (
        click.option("--phone", help="Telephone for people."),
        click.option("--email", help="E-mail for people."),
        click.option("--name", required=True, help="Full name, as people know it."),
        click.option("--code", required=True, help="Short code: small letters, digits, hyphens."),
    ):
        command = option(command)
    return command


def responsible_options(command: Decorated) -> Decorated:
    """The options that say what a health office is responsible for."""
    region = click.option("--region", help="Its federal state, as SORMAS names it.")
    district = click.option("--district", help="Its district or city, as SORMAS names it.")
    return region(district(command))


role_option = click.option("--role", required=True, type=click.Choice([role.value for role in Role]))


@click.group()
def offices() -> None:
    """Health offices."""


@offices.command("add")
@place_options
@responsible_options
@with_appcontext
def add_office(code: str, name: str, email: str | None, phone: str | None, **facts: str | None) -> None:
    """Add a health office; the first one is the default."""
    with acting():
        office = administration.add_office(actor=CommandLine, code=code, name=name, email=email, phone=phone)
        administration.set_office(code, {key: value for key, value in facts.items() if value}, actor=CommandLine)
        line = f"Added health office {office.code}: {office.name}{' (default)' if office.is_default else ''}"
    click.echo(line)


@offices.command("set")
@click.option("--code", required=True, help="The office's short code.")
@click.option("--address", help="Street and town; a line break is written \\n.")
@click.option("--court", help="Name and address of the administrative court; a line break is written \\n.")
@click.option("--signatory", help="Who signs orders.")
@click.option("--sms-sender", help="The number or name that text messages come from.")
@click.option("--email", help="E-mail for people.")
@click.option("--phone", help="Telephone for people.")
@responsible_options
@with_appcontext
def set_office(code: str, **facts: str | None) -> None:
    """Set what papers and files of a health office say of it; what is not given stays."""
    given = {name: value.replace("\\n", "\n") for name, value in facts.items() if value is not None}
    if not given:
        raise click.UsageError("Say what is to be set, such as --email or --address.")
    with acting():
        code = administration.office_by_code(code).code
        administration.set_office(code, given, actor=CommandLine)
    click.echo(f"Set {', '.join(sorted(given))} of health office {code}")


@click.group()
def departments() -> None:
    """Departments of the administration."""


@departments.command("add")
@place_options
@with_appcontext
def add_department(code: str, name: str, email: str | None, phone: str | None) -> None:
    """Add a department; the first one is the default."""
    with acting():
        added = administration.add_department(actor=CommandLine, code=code, name=name, email=email, phone=phone)
        line = f"Added department {added.code}: {added.name}{' (default)' if added.is_default else ''}"
    click.echo(line)


@click.group()
def roles() -> None:
    """Roles of people."""


@roles.command("grant")
@click.option(
    "--issuer",
    required=True,
    help="Address of the identity provider, as in OBHUT_OIDC_ISSUER or OBHUT_OIDC_STAFF_ISSUER.",
)
@click.option("--subject", required=True, help="The provider's name for the person (sub).")
@role_option
@in_place
@with_appcontext
def grant(issuer: str, subject: str, role: str, office: str | None, department: str | None) -> None:
    """Grant a role; it counts with the person's next request. This is how the first administrator comes in."""
    with acting():
        administration.grant_role(
            actor=CommandLine, issuer=issuer, subject=subject, role=Role(role), office=office, department=department
        )
    where = f" in {office or department}" if office or department else ""
    click.echo(f"{subject} now has the role {role}{where}")


@click.group("tokens")
def token_group() -> None:
    """Tokens for the JSON API."""


@token_group.command("issue")
@role_option
@click.option("--name", required=True, help="What the token is for.")
@in_place
@click.option(
    "--expires",
    type=Duration(),
    help=f"How long it is valid, such as 30d; at most {tokens.MOST_DAYS}d. Without: {tokens.USUAL_DAYS}d.",
)
@with_appcontext
def issue(role: str, name: str, office: str | None, department: str | None, expires: timedelta | None) -> None:
    """Issue an API token and print it, once."""
    lasts = expires or timedelta(days=tokens.USUAL_DAYS)
    with acting():
        office_id, department_id = administration.place_of(Role(role), office, department)
        token = tokens.issue(
            actor=CommandLine,
            role=Role(role),
            name=name,
            office_id=office_id,
            department_id=department_id,
            expires_at=clock.wall() + lasts,
        )
    click.echo(token)


commands: tuple[click.Command, ...] = (offices, departments, roles, token_group)
