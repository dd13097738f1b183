"""The invented people who can log in at the sandbox's identity provider. Phone numbers come from the ranges that the
Bundesnetzagentur keeps free for film and television, so that no real telephone can be meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

DEFAULT_OFFICE = ("braunschweig", "Gesundheitsamt Braunschweig")
SECOND_OFFICE = ("wolfenbuettel", "Gesundheitsamt Wolfenbüttel")
OFFICE_SCOPED, DEPARTMENT_SCOPED = "office", "department"


@dataclass(frozen=True)
class Account:
    """One person of the sandbox; `subject` is the name to log in with."""

    subject: str
    given_name: str
    family_name: str
    title: str
    title_en: str
    phone: str
    birthdate: str
    street: str
    postal_code: str = "38100"
    city: str = "Braunschweig"
    role: str = ""
    scope: str = ""
    assurance: str = "substantial"
    office: str = field(default=DEFAULT_OFFICE[0])

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    def roles(self, departments: Sequence[str]) -> list[str]:
        """The roles claim; a caseworker works for all of `departments` (codes)."""
        if not self.role:
            return ["resident"]
        if self.scope == OFFICE_SCOPED:
            return [f"{self.role}:{self.office}"]
        if self.scope == DEPARTMENT_SCOPED:
            return [f"{self.role}:{code}" for code in departments]
        return [self.role]

    def claims(self, departments: Sequence[str]) -> dict[str, Any]:
        """OpenID claims of this person."""
        return {
            "name": self.name,
            "given_name": self.given_name,
            "family_name": self.family_name,
            "email": f"{self.subject}@example.org",
            "email_verified": True,
            "phone_number": self.phone,
            "phone_number_verified": True,
            "birthdate": self.birthdate,
            "locale": "de",
            "address": {
                "formatted": f"{self.street}\n{self.postal_code} {self.city}",
                "street_address": self.street,
                "postal_code": self.postal_code,
                "locality": self.city,
                "country": "DE",
            },
            "roles": self.roles(departments),
            "acr": self.assurance,
        }


ACCOUNTS: tuple[Account, ...] = (
    Account("resident", "Lena", "Ahrens", "Einwohnerin", "resident", "+4917604069001", "1987-04-12", "Beispielweg 7"),
    Account(
        "resident2", "Deniz", "Yılmaz", "Einwohner", "resident", "+4917604069002", "1994-11-03", "Am Musterplatz 12",
        postal_code="38102",
    ),
    Account(
        "caseworker", "Jörg", "Petersen", "Sachbearbeiter", "caseworker", "+493023125011", "1975-02-20",
        "Beispielweg 21", role="caseworker", scope=DEPARTMENT_SCOPED, assurance="high",
    ),
    Account(
        "manager", "Katrin", "Vogel", "Leiterin der Dienste", "service manager", "+493023125012", "1970-09-01",
        "Musterring 3", role="service_manager", scope=DEPARTMENT_SCOPED, assurance="high",
    ),
    Account(
        "tracer", "Amina", "Haddad", "Kontaktermittlerin", "contact tracer", "+493023125013", "1996-06-30",
        "Musterring 18", role="contact_tracer", scope=OFFICE_SCOPED, assurance="high",
    ),
    Account(
        "officer", "Dr. Sabine", "Krüger", "Amtsärztin", "health officer", "+493023125014", "1968-12-09",
        "Beispielallee 5", role="health_officer", scope=OFFICE_SCOPED, assurance="high",
    ),
    Account(
        "officer2", "Dr. Pawel", "Nowak", "Amtsarzt in Wolfenbüttel", "health officer, Wolfenbüttel",
        "+493023125015", "1979-03-17", "Musterstieg 2", postal_code="38300", city="Wolfenbüttel",
        role="health_officer", scope=OFFICE_SCOPED, assurance="high", office=SECOND_OFFICE[0],
    ),
    Account(
        "healthadmin", "Martin", "Scholz", "Leiter der Fachstelle Infektionsschutz", "health administrator",
        "+493023125016", "1972-07-25", "Beispielallee 40", role="health_admin", scope=OFFICE_SCOPED, assurance="high",
    ),
    Account(
        "auditor", "Ingrid", "Thomsen", "Datenschutzbeauftragte", "auditor", "+493023125017", "1965-10-14",
        "Musterstieg 9", role="auditor", assurance="high",
    ),
    Account(
        "admin", "Tobias", "Lindner", "Administrator", "administrator", "+493023125018", "1983-01-08",
        "Musterring 44", role="administrator", assurance="high",
    ),
)  # fmt: skip
