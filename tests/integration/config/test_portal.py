"""The portal as a browser without JavaScript sees it."""

import gzip

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

pytestmark = pytest.mark.one_database


def _page(client: FlaskClient, address: str) -> BeautifulSoup:
    answer = client.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def _language_of(page: BeautifulSoup) -> object:
    assert page.html is not None
    return page.html["lang"]


def test_german_comes_first_whatever_the_browser_prefers(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept-Language": "en-US,en"})
    assert 'lang="de"' in answer.text
    assert "Was können wir für Sie tun?" in answer.text


def test_english_is_one_click_away_and_stays(client: FlaskClient) -> None:
    switch = _page(client, "/quarantine").select_one("a[hreflang=en]")
    assert switch is not None
    back = client.get(str(switch["href"]))
    assert back.headers["Location"] == "/quarantine"
    assert _language_of(_page(client, "/quarantine")) == "en"
    assert "What can we do for you?" in client.get("/").text


def test_language_switch_does_not_lead_away(client: FlaskClient) -> None:
    assert client.get("/language/en?next=//elsewhere.example/").headers["Location"] == "/"
    assert client.get("/language/xx").status_code == 404


def test_legal_pages_are_linked_from_every_page_and_speak_both_languages(client: FlaskClient) -> None:
    links = [str(link["href"]) for link in _page(client, "/").select("footer a")]
    for address in ("/imprint", "/privacy", "/accessibility"):
        assert address in links
        german, english = _page(client, address), _page(client, f"{address}?lang=en")
        assert german.h1 is not None
        assert english.h1 is not None
        assert german.h1.text != english.h1.text or address == "/imprint"


def test_a_visitor_is_offered_services_and_login_but_no_desk(client: FlaskClient) -> None:
    ways = [link.text.strip() for link in _page(client, "/").select(".obhut-navigation a")]
    assert "Leistungen" in ways
    assert "Arbeitsplatz" not in ways


def test_nothing_comes_from_elsewhere(client: FlaskClient) -> None:
    page = _page(client, "/")
    for tag, attribute in (("link", "href"), ("script", "src"), ("img", "src")):
        assert all(str(found[attribute]).startswith("/") for found in page.find_all(tag))
    assert not page.find_all("style")
    assert not page.select("[style]")
    assert not [script for script in page.find_all("script") if script.string]


def test_every_way_of_the_navigation_leads_somewhere(client: FlaskClient) -> None:
    for link in _page(client, "/").select(".obhut-navigation a"):
        assert client.get(str(link["href"])).status_code in (200, 302), link["href"]


def test_front_end_files_are_compressed_and_kept(client: FlaskClient) -> None:
    address = str(_page(client, "/").select("link[rel=stylesheet]")[-1]["href"])
    with client.get(address) as plain, client.get(address, headers={"Accept-Encoding": "gzip"}) as packed:
        assert gzip.decompress(packed.data) == plain.data
        assert packed.cache_control.max_age == 365 * 24 * 3600
        tag = packed.headers["ETag"]
    with client.get(address, headers={"If-None-Match": tag, "Accept-Encoding": "gzip"}) as again:
        assert again.status_code == 304
    with client.get("/static/obhut.css?v=other") as other:
        assert other.cache_control.max_age == 24 * 3600
