"""Path B: the health office imports people, asks them daily, sees who falls ill or silent, and lets the others go."""

import csv
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

from care.imports.samples import sample_contacts
from config.command_line.terminal import _, say
from config.demo.browser import Browser, Surprise
from config.demo.cast import ASKING_ON, STOPPING_ON, Cast, Deed, Person
from config.demo.ledger import Ledger
from config.demo.stage import Stage

ORDERS = 3
AT_ONCE = 4
ILL_BOXES = ["cough", "fever"]
UNCLEAR = "Darf ich zum Briefkasten gehen?"


class Outbreak:
    """The health office and the people it looks after."""

    def __init__(self, stage: Stage, ledger: Ledger) -> None:
        self._stage, self._ledger = stage, ledger
        self._officer = Browser(stage.base)
        self._token = ""
        self._cast = Cast()
        self._last_text = self._last_mail = 0
        self._births: dict[str, str] = {}
        self._fallen_ill: set[str] = set()
        self._ordered: set[str] = set()

    # The morning of the first day

    def import_file(self, path: str | None, now: datetime) -> None:
        """The officer uploads the file at `path` (None: one of invented people), looks at the preview and confirms."""
        self._officer.log_in("officer", staff=True)
        self._token = self._stage.run(
            "tokens", "issue", "--role", "health_officer", "--office", "braunschweig", "--name", "demo"
        ).splitlines()[-1]
        content = Path(path).read_bytes() if path else sample_contacts(now.date())
        self._births = _births(content)
        self._import(Path(path).name if path else "obhut-contacts.csv", content, now)
        self._ledger.orders_imported = self._one("SELECT COUNT(*) FROM care_order_event")

    def _import(self, name: str, content: bytes, now: datetime) -> None:
        page = self._officer.get("/care/imports/")
        page = self._officer.submit(page, page.form(having="file"), files={"file": (name, content, "text/csv")})
        total, doubtful, refused = self._latest("total, doubtful, refused")
        say(_("  {name}: {total} rows, {doubtful} with warnings, {refused} with errors",
              name=name, total=total, doubtful=doubtful, refused=refused))  # fmt: skip
        self._officer.submit(page, page.form(action="/confirm"))
        self._stage.move_clock(now)
        imported, state = self._latest("imported, state")
        if state != "finished":
            raise Surprise(f"import of {name}: {state}")
        self._ledger.imported += int(imported)
        say(_("    {imported} people taken into care", imported=imported))

    def _latest(self, columns: str) -> tuple[Any, ...]:
        return self._stage.rows(f"SELECT {columns} FROM care_import ORDER BY id DESC LIMIT 1")[0]  # noqa: S608

    # Every day

    def hear(self) -> tuple[int, int]:
        """Take in what has arrived at phones and mailboxes since the last time: how many SMS and e-mails."""
        texts = [one for one in self._stage.messages(after=self._last_text) if one["direction"] != "inbound"]
        mails = self._stage.mails(after=self._last_mail)
        for text in texts:
            self._last_text = text["number"]
            self._cast.hear(text["to"], text["body"], by_sms=True)
        for mail in mails:
            self._last_mail = mail["id"]
            if "/care/cases/" not in mail["text"]:  # the office's own mail
                self._cast.hear(mail["to"][0], mail["text"], by_sms=False)
        return len(texts), len(mails)

    def answer(self, day: int) -> None:
        """Everybody who was asked does what they do."""
        asked = self._cast.asked()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = list(pool.map(lambda one: self._answer(one[0], one[1], day), asked))
        for outcome in done:
            self._ledger.replies.update(outcome)
        counts = {kind: sum(outcome.count(kind) for outcome in done) for kind in ("sms", "link")}
        say(_("  {sms} answer by SMS, {link} by link, {silent} not at all",
              sms=counts["sms"], link=counts["link"], silent=sum(not outcome for outcome in done)))  # fmt: skip

    def _answer(self, person: Person, links: list[str], day: int) -> list[str]:
        deed = person.deed(day)
        if deed is Deed.NOTHING:
            return []
        if person.is_ill(day):
            self._fallen_ill.add(person.address)
        if deed in (Deed.SMS_WELL, Deed.SMS_ILL):
            self._stage.reply(person.address, person.words(deed, day))
            return ["sms"]
        for link in links:
            browser = Browser(self._stage.base)
            page = browser.get(link)
            well = {"feeling": "no", "temperature_c": "36,7"}
            ill = {"feeling": "yes", "symptoms": ILL_BOXES, "temperature_c": "38,4"}
            browser.submit(page, page.form(having="feeling"), **(ill if deed is Deed.LINK_ILL else well))
        return ["link"] * len(links)

    def oddities(self, day: int) -> None:
        """Somebody asks a question of their own; somebody wants no SMS any more."""
        writers = [
            one for one in self._cast.people.values() if one.by_sms and not one.is_silent(10) and not one.is_ill(10)
        ]
        if day == ASKING_ON and writers:
            self._stage.reply(writers[0].address, UNCLEAR)
            self._ledger.replies["unclear"] += 1
            say(_("  Somebody writes “{text}”: that is for a person to read", text=UNCLEAR))
        if day == STOPPING_ON and len(writers) > 1:
            self._stage.reply(writers[1].address, "STOP")
            say(_("  Somebody writes STOP and gets no more SMS"))

    def watch(self) -> None:
        """What the officer sees, and the orders that follow."""
        page = self._officer.get("/care/")
        lists = dict(
            self._stage.rows("SELECT line_list, COUNT(*) FROM care_case GROUP BY line_list ORDER BY line_list")
        )
        say("  " + _("Line lists: {lists}", lists=", ".join(f"{name} {count}" for name, count in lists.items())))
        assert page.status == 200
        for case in self._symptomatic():
            if case["reference"] in self._ordered or len(self._ordered) >= ORDERS:
                continue
            self._order(case["reference"], has_order=case["order"] is not None)
            say(_("  {reference} is symptomatic ({rule}): the officer issues a written order",
                  reference=case["reference"], rule=case["because"]["rule"]))  # fmt: skip

    def _order(self, reference: str, *, has_order: bool) -> None:
        self._ordered.add(reference)
        event = {"event": "issue_written", "legal_basis": "§ 30 IfSG"}
        self._stage.api(self._token, f"/api/v1/care/cases/{reference}/orders", "POST", json=event)
        self._ledger.orders += 1

    def _symptomatic(self) -> list[dict[str, Any]]:
        return list(self._stage.api(self._token, "/api/v1/care/cases", params={"line_list": "symptomatic"})["items"])

    def collect_papers(self) -> None:
        """Whoever was released opens the certificate with their date of birth."""
        opened = 0
        for person, links in self._cast.asked():
            for link in links:
                self._ledger.paper_links += 1
                opened += self._open(link, self._births.get(person.address, ""))
        self._ledger.papers_opened += opened
        if opened:
            say(_("  {count} people are released and open their certificates (PDF)", count=opened))

    def _open(self, link: str, birth: str) -> bool:
        browser = Browser(self._stage.base)
        page = browser.get(link)
        paper = browser.submit(page, page.form(having="birth_date"), birth_date=birth)
        return paper.content.startswith(b"%PDF")

    def close_books(self) -> None:
        """Hand the counts to the ledger."""
        self._ledger.ill = len(self._fallen_ill)

    def _one(self, query: str) -> int:
        return int(self._stage.rows(query)[0][0])


def _births(content: bytes) -> dict[str, str]:
    """Date of birth by phone and e-mail address, from a contact file."""
    births: dict[str, str] = {}
    lines = [line for line in content.decode("utf-8-sig", "replace").splitlines() if not line.startswith("##")]
    delimiter = ";" if ";" in lines[0] else ","
    for row in csv.DictReader(lines, delimiter=delimiter):
        parts = [row.get(f"person.birthdate{part}") or "" for part in ("DD", "MM", "YYYY")]
        for address in (_e164(row.get("person.phone") or ""), (row.get("person.emailAddress") or "").lower()):
            if address and all(parts):
                births[address] = date(int(parts[2]), int(parts[1]), int(parts[0])).isoformat()
    return births


def _e164(number: str) -> str:
    digits = re.sub(r"\D", "", number)
    return "+49" + digits[1:] if digits.startswith("0") else f"+{digits}" if digits else ""
