"""Cases in the formats that imports read: SORMAS's import templates and our own. Each read back gives the same people.

Numbers are written with 00, since a + would be taken for a formula's beginning.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from care.imports.obhut import FIELDS
from care.models import Case
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
class CaseFormat:
    """Header and rows of one format, and of which kind of case it tells; None: of all."""

    headers: tuple[str, ...]
    row: Callable[[Case], Sequence[Cell]]
    kind: Kind | None = None


def _phone(case: Case) -> str:
    phone = case.person.phone or ""
    return f"00{phone[1:]}" if phone.startswith("+") else phone


def _slashed(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


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


def _sormas_order(case: Case) -> list[Cell]:
    if case.order_state not in GIVEN:
        return ["", "", "", "", ""]
    verbally = case.order_state is OrderState.VERBAL
    days = (_slashed(case.order_starts_on), _slashed(case.order_ends_on))
    return ["HOME", *days, "TRUE" if verbally else "FALSE", "FALSE" if verbally else "TRUE"]


def _follow_up(case: Case) -> list[Cell]:
    return ["FOLLOW_UP" if case.is_open else "COMPLETED", _slashed(case.monitoring_ends_on)]


def _sormas_contact(case: Case) -> Sequence[Cell]:
    return [
        *(case.external_id or case.reference, SORMAS_DISEASES.get(case.protocol_code, "OTHER")),
        *("", "", _slashed(case.last_exposure_on), "CONFIRMED", "ACTIVE" if case.is_open else ""),
        *_follow_up(case),
        *_sormas_order(case),
        *_sormas_person(case),
    ]


def _sormas_case(case: Case) -> Sequence[Cell]:
    positive = _slashed(case.first_positive_on)
    return [
        SORMAS_DISEASES.get(case.protocol_code, "OTHER"),
        *_sormas_person(case),
        *("CONFIRMED", "", "", _slashed(case.symptom_onset_on), case.external_id or case.reference),
        *_sormas_order(case),
        *_follow_up(case),
        *(positive, "POSITIVE" if positive else ""),
    ]


def _obhut(case: Case) -> Sequence[Cell]:
    person, address = case.person, case.person.address or {}
    given = case.order_state in GIVEN
    cells: dict[str, Cell] = {
        **address,
        "external_id": case.external_id or case.reference,
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
        "last_exposure_on": case.last_exposure_on,
        "continuous_exposure": "ja" if case.continuous_exposure else "",
        "symptom_onset_on": case.symptom_onset_on,
        "first_positive_on": case.first_positive_on,
        "entered_on": case.entered_on,
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
        *("externalID", "disease", "region", "district", "lastContactDate", "contactClassification", "contactStatus"),
        *("followUpStatus", "followUpUntil"),
        *QUARANTINE,
        *PERSON,
    ),
    _sormas_contact,
    Kind.CONTACT,
)
SORMAS_CASES = CaseFormat(
    (
        "disease",
        *PERSON,
        *("caseClassification", "responsibleRegion", "responsibleDistrict", "symptoms.onsetDate", "externalID"),
        *QUARANTINE,
        *("followUpStatus", "followUpUntil", "sampleDateTime", "pathogenTestResult"),
    ),
    _sormas_case,
    Kind.INDEX,
)
OBHUT = CaseFormat(tuple(field.german for field in FIELDS), _obhut)
