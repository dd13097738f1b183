"""What an empty database needs before anybody can work: a health office, and the departments of the catalogue."""

from sqlalchemy import func, select

from auth.models import Department, Office
from config.database import db, transaction
from services.definitions import catalogue

DEPARTMENT_NAMES = {"buergerservice": "Bürgerservice"}


def department_codes() -> tuple[str, ...]:
    """The departments that the catalogue's services belong to."""
    return tuple(sorted({service.department for service in catalogue().values()}))


def seed(offices: tuple[tuple[str, str], ...], *, invented: bool) -> None:
    """Into an empty database put `offices` (code, name), the first as default, and the catalogue's departments.

    `invented`: with an e-mail address and a telephone number that lead nowhere. Does nothing where there is an office.
    """
    with transaction():
        if db.session.scalar(select(func.count()).select_from(Office)):
            return
        for number, (code, name) in enumerate(offices):
            email, phone = (f"gesundheitsamt-{code}@example.org", f"030 2312520{number}") if invented else (None, None)
            db.session.add(Office(code=code, name=name, is_default=number == 0, email=email, phone=phone))
        if not db.session.scalar(select(func.count()).select_from(Department)):
            for number, code in enumerate(department_codes()):
                name = DEPARTMENT_NAMES.get(code, code.replace("-", " ").title())
                email = f"{code}@example.org" if invented else None
                db.session.add(Department(code=code, name=name, is_default=number == 0, email=email))
