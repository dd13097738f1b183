"""The HTML twin of a plain text."""

from bs4 import BeautifulSoup

from notifications.html_mail import html_from_text


def test_paragraphs_links_and_language() -> None:
    page = BeautifulSoup(
        html_from_text("Hallo", "Erste\nZeile\n\nSiehe https://stadt.example/c/ab_c.", "ar"), "html.parser"
    )
    assert page.html is not None and page.html["lang"] == "ar" and page.html["dir"] == "rtl"
    assert [each.get_text() for each in page.find_all("p")] == ["Erste\nZeile", "Siehe https://stadt.example/c/ab_c."]
    (link,) = page.find_all("a")
    assert link["href"] == "https://stadt.example/c/ab_c"
    assert page.find("img") is None


def test_markup_of_others_stays_text() -> None:
    page = html_from_text("<b>", '<script>x</script> https://a.example/"onmouseover="x', "de")
    assert "<script" not in page and "<b>" not in page
    assert 'href="https://a.example/"' in page
