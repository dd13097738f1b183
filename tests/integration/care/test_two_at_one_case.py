"""Two officers at one case: each sees that the other has it open, and that it has changed, before anything is sent."""

import re

import pytest

from tests.integration.care.test_saved_views import forget_who_asked, page
from tests.integration.care.test_staff_pages import case, csrf, officer  # noqa: F401 - fixtures

pytestmark = pytest.mark.one_database
ALSO, CHANGED = "Auch geöffnet bei", "Das hat sich geändert"


def fetched_again(client, shown: str) -> str:
    """What the page asks for by itself while it is open."""
    address = re.search(r'data-readers="([^"]+)"', shown)
    assert address
    return page(client, address[1].replace("&amp;", "&"))


def test_each_sees_the_other_and_what_has_changed(officer, case, app, login):  # noqa: F811
    other, url = app.test_client(), f"/care/cases/{case.reference}"
    login(other, "tracer")
    mine = page(officer, url)
    assert ALSO not in mine
    assert ALSO in page(other, url)
    told = fetched_again(officer, mine)
    assert ALSO in told
    assert CHANGED not in told
    forget_who_asked()
    result = {"lab-sampled_on": "2026-10-30", "lab-kind": "pcr", "lab-result": "negative"}
    assert other.post(f"{url}/lab-results", data={"csrf_token": csrf(other.get(url)), **result}).status_code == 303
    assert CHANGED in fetched_again(officer, mine)
    assert CHANGED not in fetched_again(officer, page(officer, url))


def test_only_who_may_see_the_case_is_told(officer, case, app, login):  # noqa: F811
    address = f"/care/cases/{case.reference}/readers"
    page(officer, address)
    for who, status in (("officer2", 404), ("caseworker", 403), ("resident", 403)):
        other = login(app.test_client(), who)
        forget_who_asked()
        assert other.get(address).status_code == status
    forget_who_asked()
    assert app.test_client().get(address).status_code in (302, 303)
