"""Papers for people in care: German, and beneath it the same in their language, in letters that are really there."""

import io
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from care import case_management, link_letters, orders, releases
from care.commands import OrderEvent
from care.guardianship import LinkBasis
from care.models import Case
from care.vocabulary import OrderEventKind
from config.database import db, transaction
from config.settings import LOCALES
from tests.factories.care import OFFICER, new_case

pytestmark = pytest.mark.one_database

CERTIFIED = {
    "en": "We certify that",
    "tr": "belgeleriz",
    "ar": None,  # shaped letters do not come out of a PDF in one piece; see below
    "uk": "перебував(-ла) під спостереженням",
    "ru": "находился(-лась) под наблюдением",
    "pl": "Zaświadcza się",
    "fr": "Nous attestons",
    "de-simple": "Das Gleiche in Leichter Sprache",
}


def text(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def fonts(pdf: bytes) -> set[str]:
    pages = PdfReader(io.BytesIO(pdf)).pages
    found = (page["/Resources"]["/Font"] for page in pages)
    return {str(font.get_object()["/BaseFont"]) for each in found for font in each.get_object().values()}


@pytest.mark.parametrize("locale", LOCALES)
def test_the_certificate(care: Flask, time: Any, locale: str) -> None:
    paper = releases.certificate(new_case(person={"locale": locale}))
    said = text(paper)
    assert "Hiermit wird bescheinigt, dass Ilka Sommerfeld" in said
    own = CERTIFIED.get(locale)
    assert own is None or own in said
    assert ("deutsche Text" in said or "andere Text" in said) == (locale == "de-simple")
    assert any("NotoNaskhArabic" in name for name in fonts(paper)) == (locale == "ar")
    assert len(PdfReader(io.BytesIO(paper)).pages) == 1


def ordered(case: Case, event: OrderEventKind, basis: str, **days: str) -> Case:
    command = OrderEvent.model_validate({"event": event, "legal_basis": basis, **days})
    with transaction():
        orders.apply(command, case=case_management.locked_case(case.id), actor=OFFICER)
    return db.session.get_one(Case, case.id, populate_existing=True)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_certificate_names_the_ordered_days_and_their_legal_basis(care: Flask, time: Any, locale: str) -> None:
    """§ 56 IfSG: compensation is for the days of the order, not for those of the monitoring (until 15 November)."""
    days = {"starts_on": "2026-11-02", "ends_on": "2026-11-12"}
    case = ordered(new_case(person={"locale": locale}), OrderEventKind.ISSUE_WRITTEN, "§ 30 Abs. 1 IfSG", **days)
    case = ordered(case, OrderEventKind.SHORTEN, "§ 30 Abs. 1 IfSG", ends_on="2026-11-10")
    said = text(releases.certificate(case)).replace("\N{NO-BREAK SPACE}", " ")
    assert "Bescheinigung über die angeordnete Zeit" in said
    assert "2. November 2026 bis zum 10. November 2026 eine Anordnung" in said
    assert "nach \N{LEFT-TO-RIGHT ISOLATE}§ 30 Abs. 1 IfSG" in said or "nach § 30 Abs. 1 IfSG" in said
    assert "15. November" not in said and "Beobachtungszeit" not in said
    assert said.count("§ 30 Abs. 1 IfSG") >= (1 if locale in ("de", "ar") else 2)
    assert len(PdfReader(io.BytesIO(releases.certificate(case))).pages) == 1


def test_without_an_order_the_certificate_says_that_it_is_the_period_of_monitoring(care: Flask, time: Any) -> None:
    said = text(releases.certificate(new_case()))
    assert "Bescheinigung über die Beobachtungszeit" in said
    assert "Die Beobachtungszeit begann am 1. November 2026 und endete am 15. November 2026." in said
    assert "keine Krankheitszeichen gemeldet" in said and "Anordnung" not in said


def test_of_whom_is_infected_it_does_not_say_that_they_had_no_signs_of_it(care: Flask, time: Any) -> None:
    case = new_case(kind="index", last_exposure_on=None, symptom_onset_on="2026-11-01")
    assert "Krankheitszeichen" not in text(releases.certificate(case))


@pytest.mark.parametrize("locale", ["de", "ar", "uk", "fr"])
def test_the_letter_with_the_code(care: Flask, time: Any, locale: str) -> None:
    paper = link_letters.letter(new_case(person={"locale": locale}), "K7NP-X3RB-WD5T", LinkBasis.SELF)
    said = text(paper)
    assert "Geben Sie den Code und Ihr Geburtsdatum ein." in said
    assert said.count("/account/link-case") == (1 if locale == "de" else 2)
    assert {"uk": "Введіть код", "fr": "Saisissez le code"}.get(locale, "") in said
