"""Files with invented people in the formats we read, for the tour, the demo and benchmarks. Pure and reproducible.

Telephone numbers are from the ranges that the Bundesnetzagentur keeps free for films and books (Mitteilung 148/2021,
"Drama Numbers"), so that nobody is called by mistake; e-mail addresses are at example.org and example.com (RFC 2606).
"""

import csv
import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

MOBILE_NUMBERS = (
    *(f"0171 39200{n:02}" for n in range(100)),
    *(f"0176 040690{n:02}" for n in range(100)),
    *("0152 28817386", "0152 28895456", "0152 54599371", "0172 9925904", "0172 9968532", "0172 9973185"),
    *("0172 9973186", "0172 9980752", "0174 9091317", "0174 9464308"),
)
LANDLINE_PREFIXES = ("030 23125", "069 90009", "040 66969", "0221 4710", "089 99998")

GIVEN_NAMES = {
    "FEMALE": (
        *("Änne", "Aylin", "Beatrix", "Cäcilia", "Dagmar", "Elif", "Friederike", "Grażyna", "Hanna", "Ilse", "Jördis"),
        *("Katharina", "Leyla", "Mareike", "Nadija", "Ottilie", "Paula", "Renée", "Sükran", "Theda", "Ursel", "Wiebke"),
    ),
    "MALE": (
        *("Ahmet", "Björn", "Conrad", "Dmytro", "Enno", "Fiete", "Günther", "Hüseyin", "Ingo", "Jörg", "Kaspar"),
        *("Lennart", "Matthäus", "Nils", "Ömer", "Piotr", "Quirin", "Rüdiger", "Sönke", "Tjark", "Uwe", "Yusuf"),
    ),
}
FAMILY_NAMES = (
    *("Achterberg", "Böhme", "Çelik", "Dörrien", "Ehlers", "Fuß", "Grünhagen", "Hölscher", "Iversen", "Jürgens"),
    *("Kovalenko", "Lüddecke", "Meißner", "Nowak", "Oelmann", "Pförtner", "Querfurt", "Rößler", "Schäfer", "Strauß"),
    *("Tönnies", "Üzümcü", "Vöge", "Weißenborn", "Yıldız", "Zöllner", "von der Heide", "Groß-Ilsede", "Wójcik"),
)
STREETS = ("Ährenweg", "Brückenstraße", "Fährgasse", "Großer Hof", "Mühlenring", "Nußbaumallee", "Süderdeich")
PLACES = (("38100", "Braunschweig"), ("38118", "Braunschweig"), ("38300", "Wolfenbüttel"), ("38226", "Salzgitter"))

CONTACT_COLUMNS = (
    *("externalID", "disease", "reportDateTime", "region", "district", "multiDayContact", "firstContactDate"),
    *("lastContactDate", "contactClassification", "contactStatus", "quarantine", "quarantineFrom", "quarantineTo"),
    *("person.firstName", "person.lastName", "person.sex", "person.birthdateDD", "person.birthdateMM"),
    *("person.birthdateYYYY", "person.address.postalCode", "person.address.city", "person.address.street"),
    *("person.address.houseNumber", "person.phone", "person.emailAddress", "quarantineOrderedVerbally"),
    "quarantineOrderedVerballyDate",
)
CONTACT_LABELS = (
    *("##Externe ID", "Krankheit des Indexfalls", "Meldedatum", "Zuständiges Bundesland"),
    *("Zuständige/r Landkreis/Kreisfreie Stadt", "Mehrtägiger Kontakt", "Datum des ersten Kontakts"),
    *("Datum des letzten Kontakts", "Kontaktklassifikation", "Kontaktstatus", "Quarantäne", "Quarantäne Beginn"),
    *("Quarantäne Ende", "Vorname", "Nachname", "Geschlecht", "Tag der Geburt", "Geburtsmonat", "Geburtsjahr"),
    *("Postleitzahl", "Stadt", "Straße", "Hausnummer", "Primäre Telefonnummer", "Primäre E-Mail-Adresse"),
    *("Quarantäne mündlich verordnet?", "Datum der mündlichen Anordnung"),
)
TRAVEL_COLUMNS = (
    *("externalId", "disease", "responsibleRegion", "responsibleDistrict", "pointOfEntry", "reportDate"),
    *("Einreisedatum", "Nachname", "Vorname", "Geschlecht", "Geburtsdatum", "Tel. persönlich", "E-Mail Adresse"),
    *("quarantine", "quarantineFrom", "quarantineTo", "quarantineOrderedVerbally", "quarantineOrderedVerballyDate"),
)
TRAVEL_LABELS = (
    *("##Externe ID", "Krankheit", "Zuständiges Bundesland", "Zuständige/r Landkreis/Kreisfreie Stadt", "Einreiseort"),
    *("Meldedatum", "", "", "", "", "", "Primäre Telefonnummer", "Primäre E-Mail Adresse", "", "Quarantäne Beginn"),
    *("Quarantäne Ende", "Quarantäne mündlich verordnet?", "Datum der mündlichen Anordnung"),
)
Sample = Callable[..., bytes]
QUARANTINE_DAYS = 14
DOUBTFUL: tuple[dict[str, str], ...] = ({"person__phone": "123456789"}, {"firstContactDate": ""})  # "": tomorrow


@dataclass(frozen=True)
class Invented:
    """Somebody who does not exist."""

    number: int
    given_name: str
    family_name: str
    sex: str
    born: date
    phone: str
    email: str
    house_number: int
    days_ago: int
    ordered: bool


def sample_contacts(today: date, count: int = 200, seed: int = 1) -> bytes:
    """A SORMAS contact file: `count` (≥ 2) people to look after, two of them with a doubtful value, and five bad rows.

    The same arguments give the same bytes.
    """
    people = invented_people(today, count - len(DOUBTFUL), seed, MOBILE_NUMBERS[:155])
    rows = chain((_contact(one, today) for one in people), _doubtful_contacts(today, seed), _bad_contacts(today, seed))
    return _csv(CONTACT_COLUMNS, CONTACT_LABELS, rows)


def sample_travel_entries(today: date, count: int = 200, seed: int = 2) -> bytes:
    """A SORMAS file of travellers: `count` people to look after, and three rows that are refused."""
    people = invented_people(today, count, seed, MOBILE_NUMBERS[155:])
    rows = chain((_traveller(one, today) for one in people), _bad_travellers(today, seed))
    return _csv(TRAVEL_COLUMNS, TRAVEL_LABELS, rows)


def invented_people(today: date, count: int, seed: int, numbers: Sequence[str] = ()) -> Iterator[Invented]:
    """Three of four have one of the mobile `numbers` while these last; the others an e-mail address, a few neither.

    One in nine is a child, whose address is the parents'; one in forty met the infected person three weeks ago.
    """
    dice = random.Random(seed)
    mobiles = list(numbers)
    dice.shuffle(mobiles)
    for number in range(1, count + 1):
        sex = dice.choice(("FEMALE", "MALE"))
        age = dice.randrange(1, 14) if number % 9 == 0 else dice.randrange(18, 92)
        phone = mobiles.pop() if number % 4 and mobiles else _landline(number, seed) if number % 20 == 0 else ""
        yield Invented(
            number=number,
            given_name=dice.choice(GIVEN_NAMES[sex]),
            family_name=dice.choice(FAMILY_NAMES),
            sex=sex,
            born=today - timedelta(days=age * 365 + dice.randrange(365)),
            phone=phone,
            email="" if number % 100 == 44 else f"person{seed}.{number:05}@example.{dice.choice(('org', 'com'))}",
            house_number=dice.randrange(1, 120),
            days_ago=21 if number % 40 == 0 else dice.randrange(0, 6),
            ordered=number % 3 == 0,
        )


def _landline(number: int, seed: int) -> str:
    prefix = LANDLINE_PREFIXES[(number // 1000 + seed) % len(LANDLINE_PREFIXES)]
    return f"{prefix}{number % 1000:03}"


def _contact(one: Invented, today: date) -> list[str]:
    last = today - timedelta(days=one.days_ago)
    first = last - timedelta(days=one.number % 3)
    postal_code, city = PLACES[one.number % len(PLACES)]
    order = _order(one, today, last, "%d/%m/%Y")
    return [
        *(f"K-{one.number:05}", "CORONAVIRUS", f"{today:%d/%m/%Y}", "Niedersachsen", f"SK {city}"),
        *("YES" if first < last else "NO", f"{first:%d/%m/%Y}", f"{last:%d/%m/%Y}", "CONFIRMED", "ACTIVE"),
        *order[:3],
        *(one.given_name, one.family_name, one.sex, str(one.born.day), str(one.born.month), str(one.born.year)),
        *(postal_code, city, STREETS[one.number % len(STREETS)], str(one.house_number), one.phone, one.email),
        *order[3:],
    ]


def _traveller(one: Invented, today: date) -> list[str]:
    entered = today - timedelta(days=one.days_ago)
    order = _order(one, today, entered, "%d.%m.%Y")
    return [
        *(f"R-{one.number:05}", "CORONAVIRUS", "Niedersachsen", "SK Braunschweig", "OTHER_AIRPORT"),
        *(f"{today:%d.%m.%Y}", f"{entered:%d.%m.%Y}", one.family_name, one.given_name, one.sex.capitalize()),
        *(f"{one.born:%d.%m.%Y}", one.phone, one.email),
        *order,
    ]


def _order(one: Invented, today: date, since: date, form: str) -> tuple[str, str, str, str, str]:
    """Kind, first and last day of the quarantine, whether it was ordered by word of mouth, and when."""
    if not one.ordered:
        return ("", "", "", "", "")
    until = since + timedelta(days=QUARANTINE_DAYS)
    return ("HOME", since.strftime(form), until.strftime(form), "TRUE", min(today, until).strftime(form))


def _spare(today: date, seed: int, number: int) -> Invented:
    """Somebody without a phone, for a row in which something is wrong."""
    (one,) = invented_people(today, 1, seed * 1000 + number)
    return Invented(
        **{**one.__dict__, "number": 90_000 + number, "phone": "", "email": f"row{seed}.{number}@example.org"}
    )


def _changed(row: list[str], columns: Sequence[str], **cells: str) -> list[str]:
    """`row` with the cells of some columns replaced; a dot in a column's name is written `__`."""
    changed = list(row)
    for name, value in cells.items():
        changed[columns.index(name.replace("__", "."))] = value
    return changed


def _doubtful_contacts(today: date, seed: int) -> Iterator[list[str]]:
    for number, cells in enumerate(DOUBTFUL, start=10):
        row = _contact(_spare(today, seed, number), today)
        yield _changed(
            row, CONTACT_COLUMNS, **{k: v or f"{today + timedelta(days=1):%d/%m/%Y}" for k, v in cells.items()}
        )


def _bad_contacts(today: date, seed: int) -> Iterator[list[str]]:
    def contact(number: int, **cells: str) -> list[str]:
        return _changed(_contact(_spare(today, seed, number), today), CONTACT_COLUMNS, **cells)

    yield contact(3, person__firstName="")
    yield contact(4, person__lastName="")
    yield contact(5, disease="SCHNUPFEN")
    yield contact(6, contactClassification="NO_CONTACT")
    yield [*contact(7), "", "eine Zelle zu viel"]


def _bad_travellers(today: date, seed: int) -> Iterator[list[str]]:
    def traveller(number: int, **cells: str) -> list[str]:
        return _changed(_traveller(_spare(today, seed, number), today), TRAVEL_COLUMNS, **cells)

    yield traveller(1, Einreisedatum="31.02.2026")
    yield traveller(2, Einreisedatum="")
    yield traveller(3, Nachname="")


def _csv(columns: Sequence[str], labels: Sequence[str], rows: Iterator[list[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerow(labels)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
