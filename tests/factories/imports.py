"""What the import tests begin with."""

from datetime import date

from care.imports.base import Context

TODAY = date(2026, 11, 23)
CONTEXT = Context(today=TODAY, protocols=frozenset({"covid-19"}))
