"""A public service for tests (a report of defects), and reports of invented people over Open311."""

from pathlib import Path
from typing import Any

SLUG = "schaden-im-strassenraum"
DEFINITION = """
slug: schaden-im-strassenraum
version: 1
department: buergerservice
login: false
public: true
title: {de: Schaden im Straßenraum, en: Defect in the street}
summary: {de: "Schlagloch, Laterne oder Müll melden.", en: "Report potholes, lamps or litter."}
description: {de: Melden Sie einen Schaden.}
keywords: [schlagloch, laterne, müll]
fee: {de: kostenlos}
deadline: {working_days: 5}
contact: {given_name: given_name, family_name: family_name, email: email, phone: phone}
open311: {group: {de: Straße}}
retention: {note: {de: Zwei Jahre.}}
steps:
  - key: what
    title: {de: "Was ist passiert?"}
    fields:
      - {key: description, type: long_text, label: {de: Beschreibung}, max_length: 4000, public: true}
      - key: kind
        type: choice
        label: {de: "Was ist es?", en: "What is it?"}
        public: true
        options:
          - {value: pothole, label: {de: Schlagloch, en: Pothole}}
          - {value: lamp, label: {de: Laterne, en: Lamp}}
      - key: hurdles
        type: choices
        label: {de: "Wer kommt nicht mehr durch?"}
        required: false
        options:
          - {value: wheelchair, label: {de: Rollstuhl}}
          - {value: bicycle, label: {de: Fahrrad}}
      - {key: danger, type: yes_no, label: {de: "Besteht Gefahr?"}, required: false, public: true}
      - {key: since, type: date, label: {de: "Seit wann?"}, required: false}
      - {key: lamp_number, type: text, label: {de: Nummer der Laterne}, visible: {"==": [{var: kind}, lamp]}}
      - {key: photo, type: file, label: {de: Foto}, required: false}
  - key: where
    title: {de: "Wo ist es?"}
    fields:
      - key: pin
        type: map
        label: {de: Ort}
        required: false
        required_when: {"!": [{var: address_string}]}
        public: true
      - {key: address_string, type: text, label: {de: Beschreibung des Ortes}, required: false, public: true}
  - key: who
    title: {de: "Wer meldet?"}
    fields:
      - {key: given_name, type: text, label: {de: Vorname}, required: false}
      - {key: family_name, type: text, label: {de: Familienname}, required: false}
      - {key: email, type: email, label: {de: E-Mail-Adresse}, required: false}
      - {key: phone, type: phone, label: {de: Telefon}, required: false}
"""
GIVEN_NAME, FAMILY_NAME, EMAIL, PHONE = "Jorinde", "Ackerknecht", "jorinde@ackerknecht.example", "+4953198765432"
PERSONAL = (GIVEN_NAME, FAMILY_NAME, EMAIL, PHONE, "98765432")


def catalogue_in(folder: Path, *others: Path) -> Path:
    """A folder with this service and copies of `others`."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in others:
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / f"{SLUG}.yaml").write_text(DEFINITION, encoding="utf-8")
    return folder


def form(api_key: str | None, **changes: Any) -> dict[str, Any]:
    """The fields of a complete report; a change to None leaves one out."""
    given = {
        "api_key": api_key,
        "service_code": SLUG,
        "lat": "52.2647",
        "long": "10.5236",
        "description": "Großes Schlagloch vor der Bäckerei",
        "first_name": GIVEN_NAME,
        "last_name": FAMILY_NAME,
        "email": EMAIL,
        "phone": PHONE,
        "attribute[kind]": "pothole",
    }
    return {name: value for name, value in (given | changes).items() if value is not None}
