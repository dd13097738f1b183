"""Cases in the formats that imports read: SORMAS's import templates and our own. Each read back gives the same people.

Numbers are written with 00, since a + would be taken for a formula's beginning.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from auth.models import Office
from care import export_contacts
from care.commands import DATES
from care.export_columns import onset_on
from care.export_contacts import Met, external_id
from care.imports.obhut import FIELDS
from care.models import Case
from care.protocol import protocol_for
from care.vocabulary import Kind, OrderState
from config.exports import Cell

SORMAS_DISEASES = {
    "covid-19": "CORONAVIRUS",
    "covid-19-10": "CORONAVIRUS",
    "ebola": "EVD",
    "measles": "MEASLES",
    "mpox": "MONKEYPOX",
    "meningococcal": "INVASIVE_MENINGOCOCCAL_INFECTION",
}
SORMAS_SEXES = {"female": "FEMALE", "male": "MALE", "diverse": "OTHER"}
GIVEN = (OrderState.VERBAL, OrderState.WRITTEN, OrderState.AMENDED)
KINDS = {Kind.CONTACT: "Kontaktperson", Kind.INDEX: "Infizierte Person", Kind.TRAVELLER: "Einreisende Person"}
PERSON = (
    *("person.firstName", "person.lastName", "person.sex", "person.birthdateDD", "person.birthdateMM"),
    *("person.birthdateYYYY", "person.presentCondition", "person.address.street", "person.address.houseNumber"),
    *("person.address.postalCode", "person.address.city", "person.phone", "person.emailAddress"),
)
QUARANTINE = (
    *("quarantine", "quarantineFrom", "quarantineTo", "quarantineOrderedVerbally"),
    "quarantineOrderedOfficialDocument",
)


@dataclass(frozen=True)
class Beside:
    """What a row tells beside the case itself: its office, and the contact, if more is known of that than its day."""

    office: Office
    met: Met | None = None


@dataclass(frozen=True)
class CaseFormat:
    """Header and rows (of a case and what is beside it) of a format, and of which kind of case it tells; None: of all.

    `asks_onset`, `asks_contact`: whether its row does for the onset, for the contact.
    """

    headers: tuple[str, ...]
    row: Callable[[Case, Beside], Sequence[Cell]]
    kind: Kind | None = None
    asks_onset: bool = False
    asks_contact: bool = False


def _phone(case: Case) -> str:
    phone = case.person.phone or ""
    return f"00{phone[1:]}" if phone.startswith("+") else phone


def _slashed(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _dotted(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else ""


def _disease(case: Case) -> tuple[str, str]:
    """SORMAS's word for the disease; where it has none, that it is another one, and our name of it."""
    known = SORMAS_DISEASES.get(case.protocol_code)
    return (known, "") if known else ("OTHER", protocol_for(case.protocol_code, case.protocol_version).name.in_("de"))


def _responsible(office: Office) -> tuple[str, str]:
    return office.region or "", office.district or ""


def _sormas_person(case: Case) -> list[Cell]:
    person, born = case.person, case.person.birth_date
    address = person.address or {}
    return [
        *(person.given_name, person.family_name, SORMAS_SEXES.get(person.sex or "", "UNKNOWN")),
        *((str(born.day), str(born.month), str(born.year)) if born else ("", "", "")),
        "DEAD" if case.status.value == "deceased" else "ALIVE",
        *(address.get(part, "") for part in ("street", "house_number", "postal_code", "city")),
        *(_phone(case), person.email),
    ]


def _sormas_order(case: Case, written: Callable[[date | None], str] = _slashed) -> list[Cell]:
    if case.order_state not in GIVEN:
        return ["", "", "", "", ""]
    verbally = case.order_state is OrderState.VERBAL
    days = (written(case.order_starts_on), written(case.order_ends_on))
    return ["HOME", *days, "TRUE" if verbally else "FALSE", "FALSE" if verbally else "TRUE"]


def _follow_up(case: Case) -> list[Cell]:
    return ["FOLLOW_UP" if case.is_open else "COMPLETED", _slashed(case.monitoring_ends_on)]


def _sormas_contact(case: Case, beside: Beside) -> Sequence[Cell]:
    return [
        *(external_id(case), *_disease(case), *_responsible(beside.office)),
        *(_slashed(case.last_exposure_on), "CONFIRMED", "ACTIVE" if case.is_open else ""),
        *_follow_up(case),
        *_sormas_order(case),
        *_sormas_person(case),
        *(_slashed(cell) if isinstance(cell, date) else cell for cell in export_contacts.cells(beside.met)),
    ]


def _sormas_case(case: Case, beside: Beside) -> Sequence[Cell]:
    positive = _slashed(case.first_positive_on)
    return [
        *_disease(case),
        *_sormas_person(case),
        *(_slashed(case.reported_on), "CONFIRMED", *_responsible(beside.office), _slashed(onset_on(case))),
        external_id(case),
        *_sormas_order(case),
        *_follow_up(case),
        *(positive, "POSITIVE" if positive else ""),
    ]


def _sormas_traveller(case: Case, beside: Beside) -> Sequence[Cell]:
    person = case.person
    return [
        *(external_id(case), _disease(case)[0], *_responsible(beside.office)),
        *(_dotted(case.entered_on), person.family_name, person.given_name),
        *(SORMAS_SEXES.get(person.sex or "", "UNKNOWN"), _dotted(person.birth_date), _phone(case), person.email),
        *_sormas_order(case, _dotted),
    ]


def _obhut(case: Case, beside: Beside) -> Sequence[Cell]:
    person, address = case.person, case.person.address or {}
    given = case.order_state in GIVEN
    cells: dict[str, Cell] = {
        **address,
        "external_id": external_id(case),
        "kind": KINDS[case.kind],
        "protocol": case.protocol_code,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date,
        "sex": person.sex,
        "phone": _phone(case),
        "email": person.email,
        "channel": person.channel.value,
        "locale": person.locale,
        "contact_window": person.contact_window,
        "timezone": person.timezone,
        **{day: getattr(case, day) for day in DATES},
        "symptom_onset_on": onset_on(case),
        "continuous_exposure": "ja" if case.continuous_exposure else "",
        "enrolled_at": case.enrolled_at,
        "household": case.head.reference if case.head else case.reference,
        "heads_household": "nein" if case.head else "ja",
        "order": ("mündlich" if case.order_state is OrderState.VERBAL else "schriftlich") if given else None,
        "order_starts_on": case.order_starts_on if given else None,
        "order_ends_on": case.order_ends_on if given else None,
    }
    return [cells.get(field.name) for field in FIELDS]


SORMAS_CONTACTS = CaseFormat(
    (
        *("externalID", "disease", "diseaseDetails", "region", "district"),
        *("lastContactDate", "contactClassification", "contactStatus", "followUpStatus", "followUpUntil"),
        *QUARANTINE,
        *PERSON,
        *export_contacts.HEADERS,
    ),
    _sormas_contact,
    Kind.CONTACT,
    asks_contact=True,
)
SORMAS_CASES = CaseFormat(
    (
        *("disease", "diseaseDetails"),
        *PERSON,
        *("reportDate", "caseClassification", "responsibleRegion", "responsibleDistrict", "symptoms.onsetDate"),
        "externalID",
        *QUARANTINE,
        *("followUpStatus", "followUpUntil", "sampleDateTime", "pathogenTestResult"),
    ),
    _sormas_case,
    Kind.INDEX,
    asks_onset=True,
)
# As SORMAS's importer of travel entries has it: the person's facts by their German names, days as Germans write them.
SORMAS_TRAVEL_ENTRIES = CaseFormat(
    (
        *("externalId", "disease", "responsibleRegion", "responsibleDistrict", "Einreisedatum", "Nachname", "Vorname"),
        *("Geschlecht", "Geburtsdatum", "Tel. persönlich", "E-Mail Adresse"),
        *QUARANTINE,
    ),
    _sormas_traveller,
    Kind.TRAVELLER,
)
OBHUT = CaseFormat(tuple(field.german for field in FIELDS), _obhut, asks_onset=True)
