"""What was counted on the people's side, and whether it adds up with what the installation holds."""

from collections import Counter
from dataclasses import dataclass, field

from config.command_line.terminal import _, say
from config.demo.stage import Stage

REACHED = ("sent", "delivered", "undelivered")


@dataclass
class Ledger:
    """Counts of the story; `check` compares them with the database and the providers."""

    imported: int = 0
    replies: Counter[str] = field(default_factory=Counter)
    ill: int = 0
    paper_links: int = 0
    papers_opened: int = 0
    orders_imported: int = 0
    orders: int = 0
    request_messages: tuple[int, int] = (0, 0)
    _wrong: int = 0

    def check(self, stage: Stage) -> bool:
        """Print each sum; True when all of them are right."""
        say()
        say(_("The sums:"), style="bold")
        self._people(stage)
        self._messages(stage)
        self._answers(stage)
        self._endings(stage)
        return not self._wrong

    def _people(self, stage: Stage) -> None:
        cases = _count(stage, "SELECT COUNT(*) FROM care_case")
        lists = dict(stage.rows("SELECT line_list, COUNT(*) FROM care_case GROUP BY line_list"))
        self._same(_("people imported = cases"), self.imported, cases)
        self._same(_("cases = all line lists together"), cases, sum(lists.values()))

    def _messages(self, stage: Stage) -> None:
        marks = ", ".join(f"'{status}'" for status in REACHED)
        held = dict(
            stage.rows(f"SELECT channel, COUNT(*) FROM notification WHERE status IN ({marks}) GROUP BY channel")  # noqa: S608
        )
        texts = [message for message in stage.all_messages() if message["direction"] == "outbound-api"]
        mails = stage.all_mails()
        self._same(_("SMS sent = SMS at the phone network"), held.get("sms", 0), len(texts))
        self._same(_("e-mails sent = e-mails in the mailbox"), held.get("email", 0), len(mails))
        distinct = {(message["to"], message["body"]) for message in texts}
        self._same(_("SMS at the phone network = different SMS (none twice)"), len(texts), len(distinct))
        self._same(
            _("messages still under way"),
            0,
            _count(stage, "SELECT COUNT(*) FROM notification WHERE status = 'sending'"),
        )

    def _answers(self, stage: Stage) -> None:
        held = dict(stage.rows("SELECT channel, COUNT(*) FROM care_symptom_report GROUP BY channel"))
        self._same(_("answers by SMS = reports by SMS"), self.replies["sms"], held.get("sms", 0))
        self._same(_("answers by link = reports by link"), self.replies["link"], held.get("link", 0))
        unclear = _count(stage, "SELECT COUNT(*) FROM inbound_message WHERE state = 'inbox'")
        self._same(_("unclear replies = messages in the inbox"), self.replies["unclear"], unclear)

    def _endings(self, stage: Stage) -> None:
        papers = _count(stage, "SELECT COUNT(*) FROM care_document WHERE kind = 'certificate'")
        reasons = "('completed_monitoring', 'enrolled_on_last_day')"
        released = _count(stage, f"SELECT COUNT(*) FROM care_case WHERE close_reason IN {reasons}")  # noqa: S608
        self._same(_("people released = certificates"), released, papers)
        self._same(_("links to certificates = certificates opened"), self.paper_links, self.papers_opened)
        events = _count(stage, "SELECT COUNT(*) FROM care_order_event")
        self._same(
            _("orders of the file and of the officer = order events"), self.orders_imported + self.orders, events
        )
        self._same(
            _("people who fell ill = people on the list of symptomatic"), self.ill, self._listed(stage, "symptomatic")
        )
        approved = _count(stage, "SELECT COUNT(*) FROM service_request WHERE status = 'approved'")
        self._same(_("requests approved"), 1, approved)
        self._same(_("SMS about the request = its e-mails"), *self.request_messages)

    @staticmethod
    def _listed(stage: Stage, line_list: str) -> int:
        return _count(stage, f"SELECT COUNT(*) FROM care_case WHERE line_list = '{line_list}'")  # noqa: S608

    def _same(self, name: str, one: int, other: int) -> None:
        right = one == other
        self._wrong += not right
        say(
            f"  {'✓' if right else '✗'} {name}: {one}" + ("" if right else f" ≠ {other}"),
            style=None if right else "red",
        )


def _count(stage: Stage, query: str) -> int:
    return int(stage.rows(query)[0][0])
