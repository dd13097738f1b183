"""The building blocks of the pages, rendered without a database: is everything labelled, described and marked?"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask_babel import Babel
from flask_wtf import FlaskForm
from jinja2 import StrictUndefined
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FileField,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget


class Part(FlaskForm):
    street = StringField("Straße")


class Everything(FlaskForm):
    name = StringField("Name", [InputRequired("fehlt")], description="wie im Ausweis")
    note = TextAreaField("Bemerkung", [Optional()])
    day = DateField("Tag", [InputRequired("fehlt")])
    number = IntegerField("Anzahl", [InputRequired("fehlt")])
    kind = SelectField("Art", choices=[SelectChoice("a", "A"), SelectChoice("b", "B")])
    feeling = RadioField(
        "Befinden",
        choices=[SelectChoice("well", "gut"), SelectChoice("ill", "krank")],
        validators=[InputRequired("fehlt")],
    )
    symptoms = SelectMultipleField(
        "Beschwerden",
        choices=[SelectChoice("f", "Fieber"), SelectChoice("c", "Husten")],
        option_widget=CheckboxInput(),
        widget=ListWidget(),
    )
    paper = FileField("Unterlage", [InputRequired("fehlt")])
    agreed = BooleanField("Einverstanden", [InputRequired("fehlt")], description="Sie können das zurücknehmen.")
    address = FormField(Part, "Anschrift")
    others = FieldList(StringField("Weitere"), "Weitere Personen", min_entries=2)


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("config")
    app.jinja_env.undefined = StrictUndefined
    app.config |= {"SECRET_KEY": "x" * 32, "WTF_CSRF_ENABLED": False}
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    app.jinja_env.filters["local_datetime"] = lambda at: at.isoformat()
    Babel(app)
    with app.test_request_context("/", method="POST"):
        yield app


def _rendered(app: Flask, source: str, **given: object) -> BeautifulSoup:
    template = app.jinja_env.from_string('{% import "ui.html" as ui %}' + source)
    return BeautifulSoup(template.render(**given), "html.parser")


def test_every_control_has_a_label_or_a_legend(app: Flask) -> None:
    page = _rendered(app, "{{ ui.fields(form) }}", form=Everything())
    labelled = {label["for"] for label in page.find_all("label")}
    controls = [one for one in page.find_all(["input", "select", "textarea"]) if one.get("type") != "hidden"]
    assert len(controls) >= 14
    assert [one["id"] for one in controls if one["id"] not in labelled] == []
    assert all(group.legend for group in page.find_all("fieldset"))


def test_hints_and_errors_are_tied_to_their_control(app: Flask) -> None:
    form = Everything()
    assert not form.validate()
    page = _rendered(app, "{{ ui.fields(form) }}", form=form)
    described = {ref for one in page.select("[aria-describedby]") for ref in str(one["aria-describedby"]).split()}
    assert {"name-hint", "name-error", "feeling-error", "agreed-hint", "agreed-error", "paper-error"} <= described
    assert described <= {one["id"] for one in page.select("[id]")}
    name = page.select_one("#name")
    assert name is not None
    assert name["aria-invalid"] == "true"


def test_error_summary_leads_to_each_wrong_field(app: Flask) -> None:
    form = Everything()
    form.validate()
    page = _rendered(app, "{{ ui.errors(form) }}{{ ui.fields(form) }}", form=form)
    targets = [str(link["href"]).removeprefix("#") for link in page.select("#errors a")]
    assert "feeling-0" in targets
    assert set(targets) <= {one["id"] for one in page.select("[id]")}


def test_no_error_summary_without_errors(app: Flask) -> None:
    assert not _rendered(app, "{{ ui.errors(form) }}", form=Everything()).find()


def test_optional_fields_say_so(app: Flask) -> None:
    page = _rendered(app, "{{ ui.field(form.note, rows=3) }}", form=Everything())
    assert page.select_one(".kern-label__optional")
    area = page.select_one("textarea")
    assert area is not None
    assert area["rows"] == "3"


def test_texts_are_escaped_everywhere(app: Flask) -> None:
    evil = "<script>alert(1)</script>"
    page = _rendered(
        app,
        "{{ ui.badge(x) }}{{ ui.alert(x, x) }}{{ ui.button(x, confirm=x) }}{{ ui.definition_list([(x, x)]) }}"
        "{{ ui.why(x, x) }}{{ ui.tile(x, x) }}{{ ui.timeline([{'at': at, 'title': x, 'text': x, 'by': x}]) }}"
        "{{ ui.search('/', x) }}{{ ui.card(x, x, '/') }}{{ ui.tabs([{'label': x, 'url': '/', 'count': 1}], x) }}"
        "{% call ui.table(x, [x]) %}<tr><td>{{ x }}</td></tr>{% endcall %}{{ ui.action('/', x, fields={'a': x}) }}",
        x=evil,
        at=datetime(2026, 11, 3, tzinfo=UTC),
    )
    assert not page.find("script")


def test_tables_have_captions_and_column_headers(app: Flask) -> None:
    headers = ["Name", {"text": "Tag", "numeric": True}, {"text": "Zeit", "url": "/?sort=at", "sorted": "ascending"}]
    page = _rendered(app, "{% call ui.table('Fälle', headers) %}{% endcall %}", headers=headers)
    assert page.caption is not None
    assert [header["scope"] for header in page.find_all("th")] == ["col"] * 3
    assert page.select_one("th[aria-sort=ascending] a")


def test_acts_are_forms_with_a_token(app: Flask) -> None:
    page = _rendered(app, "{{ ui.action('/x', 'Beenden', 'danger', fields={'action': 'close'}) }}")
    assert page.form is not None
    assert page.form["method"] == "post"
    assert {field["name"]: field["value"] for field in page.form.select("input")} == {
        "csrf_token": "token",
        "action": "close",
    }
