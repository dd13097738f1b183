"""SORMAS cases: people who are infected, or suspected to be. Pure."""

from datetime import date
from typing import Any

from care.imports import sormas
from care.imports.base import Column, ColumnMap, Context, ImportFormat, ParsedRow
from care.imports.rows import RowReader
from care.imports.values import DateOrder
from care.vocabulary import CloseReason, Kind
from config.errors import N_

NO_CASE = frozenset({"no_case", "not a case", "no case", "kein fall"})
DIED = frozenset({"deceased", "died", "verstorben"})
RECOVERED = frozenset({"recovered", "genesen"})
POSITIVE = frozenset({"positive", "positiv"})
SAMPLES = ("sample", "sample1", "sample2", "sample3")
LABELS = {
    "sample1": ("Latest sample", "Neueste Probe"),
    "sample2": ("2nd latest sample", "Vorletzte Probe"),
    "sample3": ("3rd latest sample", "Drittletzte Probe"),
}


def _sample_columns() -> tuple[Column, ...]:
    """Import templates have one sample; detailed exports the three newest, with numbers."""
    found = [
        Column("sample_on", ("sampleDateTime",)),
        Column("sample_result", ("pathogenTestResult", "testResult")),
    ]
    for number, (english, german) in enumerate(LABELS.values(), start=1):
        days = (f"sampleDateTime{number}", f"{english} date time", f"{german} Datum Zeit")
        results = (f"{english} final laboratory result", f"{german} finales Laborergebnis")
        found.append(Column(f"sample{number}_on", days))
        found.append(Column(f"sample{number}_result", (f"sampleResult{number}", *results)))
    return tuple(found)


class SormasCases(ImportFormat):
    """One infected person per row; monitoring counts from the onset of symptoms, else from the first positive sample,
    else from the day of the report.

    That day is neither of the others, and is not taken for one. Without both of them the person comes in all the same,
    and the case gets the finding that details are missing.
    """

    code = "sormas-cases"
    name = "SORMAS: Fälle (Importvorlage, detaillierter Export)"
    columns = (
        sormas.EXTERNAL_ID,
        sormas.UUID,
        Column("disease", ("disease", "diseaseFormatted", "Krankheit", "Disease"), required=True),
        Column(
            "classification",
            ("caseClassification", "Falldefinitionskategorie", "Case classification"),
            required=True,
        ),
        Column("outcome", ("outcome", "Verlauf der Erkrankung des Falls", "Outcome of case")),
        Column(
            "onset_on",
            (
                *("symptoms.onsetDate", "onsetDate", "Datum des Symptombeginns", "Symptombeginn"),
                *("Date of symptom onset", "Date of initial symptom onset", "Symptoms onset"),
            ),
        ),
        Column("reported_on", ("reportDate", "Meldedatum", "Date of report", "Report date")),
        *_sample_columns(),
        *sormas.FOLLOW_UP_COLUMNS,
        sormas.DISEASE_DETAILS,
        sormas.REGION,
        sormas.DISTRICT,
        *sormas.PERSON_COLUMNS,
        *sormas.QUARANTINE_COLUMNS,
    )
    date_fields = (
        *sormas.DATE_FIELDS,
        *("onset_on", "reported_on", "follow_up_until"),
        *(f"{name}_on" for name in SAMPLES),
    )

    def date_order(self, columns: ColumnMap) -> DateOrder:
        return sormas.date_order(columns)

    def parse_row(self, row: RowReader, context: Context) -> ParsedRow:
        if row.text("classification").casefold() in NO_CASE:
            row.error("classification", N_("The file says that this person is no case."))
        person = sormas.person(row, context)
        protocol = sormas.protocol(row, context)
        sormas.check_responsible(row, context)
        onset_on, positive_on = row.day("onset_on", latest=context.today), _first_positive(row, context)
        if onset_on is None and positive_on is None and not row.text("onset_on"):
            row.warning("onset_on", N_("There is neither an onset of symptoms nor a positive sample with its day."))
        reported_on = row.day("reported_on", latest=context.today)
        orders = sormas.orders(row, sormas.quarantine_period(row))
        close_as = _reason_to_close(row)

        def build() -> dict[str, Any]:
            case = {
                "kind": Kind.INDEX,
                "protocol": protocol,
                "person": person,
                "symptom_onset_on": onset_on,
                "first_positive_on": positive_on,
                "reported_on": reported_on,
                "external_id": sormas.external_id(row),
            }
            return {"case": case, "orders": orders, "close_as": close_as}

        return row.finish(build, sormas.display_name(row))


def _first_positive(row: RowReader, context: Context) -> date | None:
    """The day of the earliest positive sample that the file tells of."""
    positive = [name for name in SAMPLES if row.text(f"{name}_result").casefold() in POSITIVE]
    days = [row.day(f"{name}_on", latest=context.today) for name in positive]
    return min(filter(None, days), default=None)


def _reason_to_close(row: RowReader) -> CloseReason | None:
    outcome = row.text("outcome").casefold()
    if sormas.has_died(row) or outcome in DIED:
        return CloseReason.DECEASED
    return CloseReason.OTHER if outcome in RECOVERED or sormas.has_ended(row) else None
