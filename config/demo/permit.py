"""Path A: a resident asks for a parking permit, the caseworker asks back and decides."""

import io
import re
from typing import Any

from pypdf import PdfWriter

from config.command_line.terminal import _, say
from config.demo.browser import Browser, Page, Surprise
from config.demo.stage import Stage

REFERENCE = re.compile(r"/requests/([A-HJ-NPR-Y2-9]{8})")
RESIDENT, CASEWORKER = "resident", "caseworker"
PHONE, MAIL = "+4917604069001", "resident@example.org"


def registration() -> bytes:
    """An invented vehicle registration: one empty page."""
    paper, file = PdfWriter(), io.BytesIO()
    paper.add_blank_page(595, 842)
    paper.write(file)
    return file.getvalue()


class Permit:
    """The request's way, one step after the other; each prints its line of the story."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._resident = Browser(stage.base)
        self._caseworker = Browser(stage.base)
        self.reference = ""
        self.steps = 0

    def play(self, day: int) -> None:
        """What happens to the request on that day of the story."""
        step = {1: self._apply, 2: self._ask, 3: self._answer, 5: self._decide, 6: self._read}.get(day)
        if step:
            step()
            self.steps += 1

    def _apply(self) -> None:
        self._resident.log_in(RESIDENT)
        page = self._resident.get("/services/bewohnerparkausweis/apply")
        form = page.form(having="submission_key")
        prefilled = form.values["f_given_name"][0]
        file = {"f_registration": ("fahrzeugschein.pdf", registration(), "application/pdf")}
        page = self._resident.submit(page, form)
        page = self._step(page, files=file, f_licence_plate="BS-LA 123", f_holder="self")
        page = self._step(page, f_zone="C", f_valid_months="12")
        page = self._step(page, f_sms="y", f_consent="y")
        page = self._step(page, f_sms="y", f_consent="y")  # the number, which the login has told, is asked for now
        page = self._resident.submit(page, page.form(action="/to-send"))
        found = REFERENCE.search(page.url)
        if found is None:
            raise Surprise(f"{page.url}: {page.text[:600]}")
        self.reference = found[1]
        say(_("  {name} applies for a parking permit: reference {reference}", name=prefilled, reference=self.reference))

    def _step(self, page: Page, files: dict[str, tuple[str, bytes, str]] | None = None, **answers: Any) -> Page:
        return self._resident.submit(page, page.form(having="submission_key"), files=files, **answers)

    def _ask(self) -> None:
        self._caseworker.log_in(CASEWORKER, staff=True)
        page = self._caseworker.get("/staff/requests/")
        page = self._caseworker.get(page.link(f"/staff/requests/{self.reference}"))
        page = self._caseworker.submit(page, page.form(button=("action", "take")))
        form = page.form(button=("action", "ask"))
        self._caseworker.submit(page, form, message="Bitte senden Sie uns auch die Rückseite des Fahrzeugscheins.")
        say(_("  The caseworker takes request {reference} and asks a question", reference=self.reference))

    def _answer(self) -> None:
        page = self._own_page()
        form = page.form(button=("action", "answer"))
        files = {"file": ("rueckseite.pdf", registration(), "application/pdf")}
        self._resident.submit(page, form, files=files, message="Hier ist die Rückseite.")
        say(_("  The resident answers and attaches a second file"))

    def _decide(self) -> None:
        page = self._caseworker.get(f"/staff/requests/{self.reference}")
        self._caseworker.submit(page, page.form(button=("action", "approve")), button=("action", "approve"))
        say(_("  The request is approved"))

    def _read(self) -> None:
        page = self._own_page()
        files = [address for address, _text in page.links if f"/requests/{self.reference}/files/" in address]
        decisions = [paper for paper in map(self._resident.get, files) if paper.content.startswith(b"%PDF")]
        if not decisions:
            raise Surprise(f"{page.url}: no decision as PDF")
        say(
            _(
                "  The resident reads the decision ({size} kB PDF)",
                size=max(len(one.content) for one in decisions) // 1024,
            )
        )

    def _own_page(self) -> Page:
        return self._resident.get(f"/requests/{self.reference}")

    def told(self) -> tuple[int, int]:
        """How many SMS and e-mails about the request the resident got."""
        about = [message for message in self._stage.messages(to=PHONE) if self.reference in message["body"]]
        mails = [mail for mail in self._stage.mails(to=MAIL) if self.reference in mail["subject"] + mail["text"]]
        return len(about), len(mails)
