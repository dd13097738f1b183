"""A small browser without JavaScript: pages, links, forms, cookies and redirects."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

TIMEOUT_SECONDS = 120
FORM_TAGS = ("input", "select", "option", "textarea", "button")


class Surprise(Exception):
    """A page is not as the story needs it."""


@dataclass
class Form:
    """A form with its values as the page gave them."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: set[str] = field(default_factory=set)


@dataclass
class Page:
    """An answer of the server, read."""

    url: str
    status: int
    content: bytes
    content_type: str
    text: str
    links: list[tuple[str, str]]
    forms: list[Form]

    def link(self, part: str) -> str:
        """The first link whose address or text contains `part`. Raises Surprise."""
        for address, text in self.links:
            if part in address or part in text:
                return urljoin(self.url, address)
        raise Surprise(f"{self.url}: no link with “{part}”")

    def form(self, *, having: str = "", action: str = "", button: tuple[str, str] | None = None) -> Form:
        """The first form with a field `having`, an address that contains `action`, or that button. Raises Surprise."""
        for form in self.forms:
            fields = {*form.values, *form.files}
            if (
                (not having or having in fields)
                and action in form.action
                and (button is None or button in form.buttons or button[1] in form.values.get(button[0], []))
            ):
                return form
        raise Surprise(f"{self.url} ({self.status}): no form with {having or action or button}: {self.text[:300]}")


class Browser:
    """One person's browser."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept-Language"] = "de"

    def get(self, address: str, **query: str) -> Page:
        """Follow a link."""
        return self._read(self._session.get(urljoin(self.base, address), params=query, timeout=TIMEOUT_SECONDS))

    def submit(
        self,
        page: Page,
        form: Form,
        files: dict[str, tuple[str, bytes, str]] | None = None,
        button: tuple[str, str] | None = None,
        **values: Any,
    ) -> Page:
        """Fill `form` in and send it, by that button if given; a value of None leaves a field out."""
        filled: dict[str, Any] = dict(form.values)
        for name, value in values.items():
            filled.pop(name, None)
            if value is not None:
                filled[name] = value
        if button:
            filled[button[0]] = button[1]
        address = urljoin(page.url, form.action or page.url)
        if form.method == "get":
            return self._read(self._session.get(address, params=filled, timeout=TIMEOUT_SECONDS))
        headers = {"Referer": page.url}
        sent: Any = {"data": filled}
        if form.files:
            empty = dict.fromkeys(form.files, ("", b"", "application/octet-stream"))
            sent["files"] = empty | (files or {})
        return self._read(self._session.post(address, headers=headers, timeout=TIMEOUT_SECONDS, **sent))

    def log_in(self, account: str, *, staff: bool = False) -> Page:
        """Go through the identity provider as `account`."""
        page = self.get("/auth/login", **({"staff": "1"} if staff else {}))
        return self.submit(page, page.form(having="sub"), sub=account)

    def _read(self, response: requests.Response) -> Page:
        kind = response.headers.get("Content-Type", "")
        reader = _Reader()
        if "html" in kind:
            reader.feed(response.text)
        page = Page(
            response.url, response.status_code, response.content, kind, " ".join(" ".join(reader.words).split()),
            reader.links, reader.forms,
        )  # fmt: skip
        if response.status_code >= 400:
            raise Surprise(f"{page.url}: {page.status}: {page.text[:400] or response.text[:400]}")
        return page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._link: str | None = None
        self._select = self._textarea = ""
        self._chosen: list[str] = []
        self._first_option = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in found:
            self.links.append((found["href"], ""))
            self._link = found["href"]
        elif tag == "form":
            self._form = Form(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag in FORM_TAGS and self._form is not None:
            self._control(self._form, tag, found)

    def _control(self, form: Form, tag: str, found: dict[str, str]) -> None:
        name, value = found.get("name", ""), found.get("value", "")
        if "disabled" in found:
            return
        if tag == "select":
            self._select, self._chosen, self._first_option = name, [], ""
        elif tag == "option" and self._select:
            self._first_option = self._first_option or value
            if "selected" in found:
                self._chosen.append(value)
        elif tag == "textarea" and name:
            self._textarea = name
            form.values.setdefault(name, [""])
        elif tag == "button" or found.get("type") in ("submit", "image"):
            if name:
                form.buttons.append((name, value))
        elif tag == "input" and found.get("type") == "file":
            form.files.add(name)
        elif tag == "input" and found.get("type") in ("checkbox", "radio"):
            form.values.setdefault(name, [])
            if "checked" in found:
                form.values[name].append(value or "on")
        elif tag == "input" and name:
            form.values.setdefault(name, []).append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "a":
            self._link = None
        elif tag == "textarea":
            self._textarea = ""
        elif tag == "select" and self._form is not None:
            self._form.values[self._select] = self._chosen or [self._first_option]
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            self._form.values[self._textarea] = [self._form.values[self._textarea][0] + data]
            return
        self.words.append(data)
        if self._link is not None and self.links:
            address, text = self.links[-1]
            self.links[-1] = (address, text + data)
