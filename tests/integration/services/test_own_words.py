"""What a form says of itself is said in the language of the page, by pages and by the API."""

import pytest
from flask import Flask

from config.error_pages import translated
from config.errors import RuleViolation
from tests.support.forms import cleaned

pytestmark = pytest.mark.one_database

FORM = """
- key: last
  check: [{rule: {"==": [{var: last}, ok]}, message: {de: "Das {geht} nicht.", en: "That is {not} ok."}}]
"""


@pytest.mark.parametrize(("language", "says"), [("de", "Das {geht} nicht."), ("en", "That is {not} ok.")])
def test_the_words_of_a_form_are_said_in_the_language_of_the_page(app: Flask, language: str, says: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        cleaned(FORM, {"last": "no"})
    with app.test_request_context(f"/?lang={language}"):
        assert [translated(error) for error in refused.value.errors] == [says]
