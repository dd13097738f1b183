"""Papers for people in care: German, and beneath it the same in their language, in letters that are really there."""

import io
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from care import link_letters, releases
from care.guardianship import LinkBasis
from config.settings import LOCALES
from tests.factories.care import new_case

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


@pytest.mark.parametrize("locale", ["de", "ar", "uk", "fr"])
def test_the_letter_with_the_code(care: Flask, time: Any, locale: str) -> None:
    paper = link_letters.letter(new_case(person={"locale": locale}), "K7NP-X3RB-WD5T", LinkBasis.SELF)
    said = text(paper)
    assert "Geben Sie den Code und Ihr Geburtsdatum ein." in said
    assert said.count("/account/link-case") == (1 if locale == "de" else 2)
    assert {"uk": "Введіть код", "fr": "Saisissez le code"}.get(locale, "") in said
