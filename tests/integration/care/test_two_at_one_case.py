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


def last_exposure(client, url: str) -> tuple[str, str]:
    """The id of the exposure that was noted last, and where the page leads to change it."""
    *_, (address, exposure_id) = re.findall(
        r'href="([^"]*[?&](?:amp;)?exposure=([0-9a-f-]{36})[^"]*)"', page(client, url)
    )
    return exposure_id, address.replace("&amp;", "&")


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


def test_an_exposure_changed_by_two_shows_the_second_what_is_new(officer, case, app, login):  # noqa: F811
    other, url = app.test_client(), f"/care/cases/{case.reference}"
    login(other, "officer")
    noted = {"exposure-until_on": "2026-10-30", "exposure-setting": "work", "exposure-place": "Kantine"}
    assert officer.post(f"{url}/exposures", data={"csrf_token": csrf(officer.get(url)), **noted}).status_code == 303
    exposure_id, form_url = last_exposure(officer, url)
    field, forms = f"exposure-{exposure_id}", []
    for client in (officer, other):
        asked = page(client, form_url)
        assert 'value="Kantine"' in asked
        seen = re.search(r'name="seen" value="([^"]+)"', asked)[1]
        forms.append({"csrf_token": csrf(client.get(url)), "seen": seen, f"{field}-until_on": "2026-10-30"})
    first = officer.post(f"{url}/exposures/{exposure_id}", data=forms[0] | {f"{field}-place": "Teeküche"})
    assert first.status_code == 303
    shown = page(officer, url)
    assert "Exposition geändert" in shown
    assert "In welchem Umfeld: Arbeit → –" in shown
    second = other.post(f"{url}/exposures/{exposure_id}", data=forms[1] | {f"{field}-place": "Pausenraum"})
    told = second.get_data(as_text=True)
    assert second.status_code == 409
    assert "Exposition geändert" in told
    # What was typed stays, with the version that there is by now, and is sent to it.
    newer = re.search(r'<input[^>]*name="exposure-([0-9a-f-]{36})-place"[^>]*value="Pausenraum"', told)
    assert newer and newer[1] != exposure_id
    seen = re.search(r'name="seen" value="([^"]+)"', told)[1]
    field = f"exposure-{newer[1]}"
    typed = {f"{field}-until_on": "2026-10-30", f"{field}-place": "Pausenraum"}
    forget_who_asked()
    sent = {"csrf_token": csrf(other.get(url)), "seen": seen} | typed
    assert f'action="{url}/exposures/{newer[1]}"' in told
    assert other.post(f"{url}/exposures/{newer[1]}", data=sent).status_code == 303
    assert "Pausenraum" in page(officer, url)


def test_an_exposure_taken_away_meanwhile_can_be_noted_anew(officer, case, app, login):  # noqa: F811
    url = f"/care/cases/{case.reference}"
    noted = {"exposure-until_on": "2026-10-30", "exposure-place": "Kantine"}
    assert officer.post(f"{url}/exposures", data={"csrf_token": csrf(officer.get(url)), **noted}).status_code == 303
    exposure_id, _form_url = last_exposure(officer, url)
    token = {"csrf_token": csrf(officer.get(url))}
    assert officer.post(f"{url}/exposures/{exposure_id}/removal", data=token).status_code == 303
    typed = {f"exposure-{exposure_id}-until_on": "2026-10-30", f"exposure-{exposure_id}-place": "Pausenraum"}
    refused = officer.post(f"{url}/exposures/{exposure_id}", data=token | typed)
    told = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "inzwischen geändert oder zurückgenommen" in told
    assert re.search(r'<input[^>]*name="exposure-place"[^>]*value="Pausenraum"', told)


def fields(shown: str) -> list[str]:
    """Of which exposures there is a form on the page."""
    return re.findall(r'name="exposure-([0-9a-f-]{36})-place"', shown)


def test_only_the_exposure_that_is_asked_for_has_its_form_on_the_page(officer, case, app, login):  # noqa: F811
    url = f"/care/cases/{case.reference}"
    for day, place in (("2026-10-29", "Kantine"), ("2026-10-30", "Teeküche")):
        noted = {"csrf_token": csrf(officer.get(url)), "exposure-until_on": day, "exposure-place": place}
        assert officer.post(f"{url}/exposures", data=noted).status_code == 303
    shown = page(officer, url)
    assert "Teeküche" in shown and fields(shown) == []
    exposure_id, form_url = last_exposure(officer, url)
    asked = page(officer, form_url)
    assert fields(asked) == [exposure_id]
    assert re.search(r'<input[^>]*name="exposure-[^"]*-place"[^>]*value="Teeküche"', asked)
    # What was refused comes back as it was typed, and alone.
    typed = {f"exposure-{exposure_id}-until_on": "2026-12-24", f"exposure-{exposure_id}-place": "Pausenraum"}
    refused = officer.post(f"{url}/exposures/{exposure_id}", data={"csrf_token": csrf(officer.get(url))} | typed)
    told = refused.get_data(as_text=True)
    assert (refused.status_code, fields(told)) == (422, [exposure_id])
    assert 'value="Pausenraum"' in told and 'value="2026-12-24"' in told
    typed[f"exposure-{exposure_id}-until_on"] = "2026-10-30"
    changed = officer.post(f"{url}/exposures/{exposure_id}", data={"csrf_token": csrf(officer.get(url))} | typed)
    assert changed.status_code == 303
    # An old address leads to the newer version; of one that was taken away there is nothing to change.
    (newer,) = fields(page(officer, form_url))
    assert newer != exposure_id
    assert 'value="Pausenraum"' in page(officer, form_url)
    tracer = app.test_client()
    login(tracer, "tracer")
    forget_who_asked()
    assert fields(page(tracer, form_url)) == [] and "exposure=" not in page(tracer, url)
    forget_who_asked()
    token = {"csrf_token": csrf(officer.get(url))}
    assert officer.post(f"{url}/exposures/{newer}/removal", data=token).status_code == 303
    assert fields(page(officer, form_url)) == []
    for wrong in ("no-id", "00000000-0000-0000-0000-000000000000"):
        assert fields(page(officer, f"{url}?exposure={wrong}")) == []
