"""People from a CSV or Excel file: phone or e-mail, language, and what a text needs, a column each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from config.errors import N_, RuleViolation
from config.exports import write_csv, write_xlsx
from config.tables import Table, read_table
from config.workbooks import is_workbook, read_workbook
from notifications.addresses import checked, phone_from_text
from notifications.bulk_sources import Addressee
from notifications.statuses import Channel

MAX_ROWS = 100_000
PHONE, EMAIL, LOCALE, KEY = "phone", "email", "locale", "key"
HEADINGS: dict[str, tuple[str, ...]] = {
    PHONE: (
        *("telefon", "telefonnummer", "tel", "tel.", "handy", "handynummer", "mobil", "mobilnummer", "mobiltelefon"),
        *("rufnummer", "phone", "phone number", "telephone", "mobile", "mobile number"),
    ),
    EMAIL: ("e-mail", "email", "mail", "e-mail-adresse", "emailadresse", "e-mail address", "email address"),
    LOCALE: ("sprache", "language", "locale"),
    KEY: ("schlüssel", "schluessel", "key"),
}
LANGUAGES = {
    "deutsch": "de",
    "german": "de",
    "englisch": "en",
    "english": "en",
    "türkisch": "tr",
    "turkish": "tr",
    "arabisch": "ar",
    "arabic": "ar",
    "ukrainisch": "uk",
    "ukrainian": "uk",
    "russisch": "ru",
    "russian": "ru",
    "polnisch": "pl",
    "polish": "pl",
    "französisch": "fr",
    "french": "fr",
    "leichte sprache": "de-simple",
}
LONGEST_HOME_NUMBER = 11


def addressees_from(data: bytes, wanted: Iterable[str], *, limit_mb: int, locale: str) -> Iterator[Addressee]:
    """The people of a file. Of its columns only those named in `wanted` (small letters) are kept.

    `locale` is for rows that name no language. Raises UnreadableFile or TooLarge.
    """
    read = read_workbook if is_workbook(data) else read_table
    table = read(data, _score, enough=3, limit_mb=limit_mb, max_rows=MAX_ROWS)
    return _addressees(table, frozenset(wanted), locale)


def _score(cells: Sequence[str]) -> int:
    found = {_column(cell) for cell in cells}
    return 3 * (PHONE in found) + 3 * (EMAIL in found) + (LOCALE in found)


def _column(heading: str) -> str:
    plain = " ".join(heading.casefold().split())
    return next((name for name, known in HEADINGS.items() if plain in known), plain)


def _addressees(table: Table, wanted: frozenset[str], locale: str) -> Iterator[Addressee]:
    places: dict[str, int] = {}
    for place, heading in enumerate(table.header):
        places.setdefault(_column(heading), place)
        places.setdefault(heading.casefold(), place)
    own = {name: places.get(name) for name in HEADINGS}
    kept = {name: places[name] for name in wanted if name in places}
    for record in table.rows:
        cells = record.cells

        def cell(place: int | None, cells: tuple[str, ...] = cells) -> str:
            return cells[place] if place is not None and place < len(cells) else ""

        if record.fault:
            yield Addressee(record.number, problem=record.fault)
            continue
        given = {name: cell(place) for name, place in own.items()}
        yield _addressee(record.number, given, {name: cell(place) for name, place in kept.items()}, locale)


def _addressee(number: int, given: Mapping[str, str], cells: Mapping[str, str], locale: str) -> Addressee:
    """With phone and e-mail: an SMS, and an e-mail if that does not arrive."""
    try:
        phone = phone_from_cell(given[PHONE]) if given[PHONE] else ""
        email = email_from_cell(given[EMAIL]) if given[EMAIL] else ""
    except RuleViolation as violation:
        return Addressee(number, problem=violation.message, params=violation.params)
    if not phone and not email:
        return Addressee(number, problem=N_("There is neither a phone number nor an e-mail address."))
    language = given[LOCALE].casefold()
    return Addressee(
        number,
        Channel.SMS if phone else Channel.EMAIL,
        phone or email,
        LANGUAGES.get(language, language) or locale,
        cells,
        fallback=(Channel.EMAIL, email) if phone and email else None,
        key=given[KEY] or None,
    )


def phone_from_cell(text: str) -> str:
    """E.164. A spreadsheet that took a number for an amount has dropped its “+”. Raises RuleViolation."""
    if text.isdecimal() and text.startswith("49") and len(text) > LONGEST_HOME_NUMBER:
        text = f"+{text}"
    return phone_from_text(text)


def email_from_cell(text: str) -> str:
    """The address. Raises RuleViolation."""
    try:
        return checked(Channel.EMAIL, text.removeprefix("mailto:"))
    except RuleViolation:
        raise RuleViolation("email", N_("This is not an e-mail address.")) from None


def sample(columns: Iterable[str], *, zone: ZoneInfo, excel: bool) -> bytes:
    """A file to begin with: invented people, and a column for each of `columns`."""
    names = list(columns)
    headers = ["Telefon", "E-Mail", "Sprache", *names]
    people = (
        ("0157 35990001", "", "de"),
        ("0157 35990002", "emre.muster@example.org", "tr"),
        ("", "olena.muster@example.org", "uk"),
    )
    rows = [(*person, *(f"{name} {number}" for name in names)) for number, person in enumerate(people, 1)]
    return write_xlsx(headers, rows, zone=zone) if excel else write_csv(headers, rows, zone=zone)
