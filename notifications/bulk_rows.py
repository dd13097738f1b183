"""Each row of a bulk send, looked at before anything is sent: address, language, text, doubles, who wants nothing.

The text is rendered just as it will be when it is written into the outbox, so a row that passes here fails no more.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from config.errors import N_, RuleViolation
from config.localisation import is_locale
from notifications.addresses import checked
from notifications.bulk_sources import Addressee
from notifications.bulk_templates import BulkTemplate, check_for_channel, filled_in
from notifications.preferences import address_index, suppressed
from notifications.rendering import Rendered, render
from notifications.segments import Segments, measure
from notifications.statuses import Channel

AT_ONCE = 1000
MOST_SEGMENTS = 10  # what the provider takes: 1,600 characters
REMEMBERED = 2000
NOT_WANTED = N_("This person wants no messages by this way.")
NOT_WRITTEN = N_("The message could not be written. The template was probably changed after the preview.")
NOT_WANTED_ANY_MORE = N_("Between preview and sending it was found that nothing is to be written here any more.")
MORE_LETTERS = 5
# Languages whose texts fit the SMS alphabet: there, a letter outside of it is worth a warning.
GSM_LOCALES = frozenset({"de", "de-simple", "en", "fr"})


@dataclass(frozen=True)
class CheckedRow:
    """A row with what was found: `problem` (an English text with `params`) when nothing goes there."""

    who: Addressee
    segments: int = 0
    problem: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Summary:
    """What the preview tells of all rows together."""

    total: int = 0
    rejected: int = 0
    suppressed: int = 0
    segments: int = 0
    sms: int = 0
    emails: int = 0
    long_alphabet: int = 0
    letters: Counter[str] = field(default_factory=Counter)
    examples: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What is kept of it beside the columns of the bulk send."""
        return {
            "suppressed": self.suppressed,
            "sms": self.sms,
            "emails": self.emails,
            "long_alphabet": self.long_alphabet,
            "letters": [letter for letter, _ in self.letters.most_common(MORE_LETTERS)],
            "examples": list(self.examples.values()),
        }


class RowChecker:
    """Checks the rows of one bulk send in order; `summary` grows with them."""

    def __init__(self, template: BulkTemplate, texts: Mapping[str, str]) -> None:
        self.summary = Summary()
        self._template, self._texts = template, texts
        self._rendered: dict[tuple[Any, ...], tuple[Rendered, Segments | None]] = {}
        self._seen: dict[tuple[str, int], int] = {}

    def checked(self, people: Iterable[Addressee]) -> Iterator[list[CheckedRow]]:
        """The rows in lists of at most `AT_ONCE`. Raises RuleViolation for what is wrong with the whole."""
        batch: list[CheckedRow] = []
        for who in people:
            batch.append(self._checked(who))
            if len(batch) == AT_ONCE:
                yield self._counted(batch)
                batch = []
        if batch:
            yield self._counted(batch)

    def _checked(self, who: Addressee) -> CheckedRow:
        if who.problem or who.channel is None:
            return CheckedRow(who, problem=who.problem, params=who.params)
        check_for_channel(self._template, self._texts, who.channel)
        try:
            text, segments = self._text(who, who.channel, checked(who.channel, who.to))
            if who.fallback:
                check_for_channel(self._template, self._texts, who.fallback[0])
                self._text(who, *who.fallback)
            if segments and segments.count > MOST_SEGMENTS:
                raise RuleViolation("text", N_("The text is longer than {most} SMS."), most=MOST_SEGMENTS)
            # The keys of this process's hashes are secret, so nobody can make two texts look alike.
            first = self._seen.setdefault((who.to, hash((text.subject, text.body))), who.number)
            if first != who.number:
                raise RuleViolation("", N_("The same message goes to this address already (row {row})."), row=first)
        except RuleViolation as violation:
            return CheckedRow(who, problem=violation.message, params=violation.params)
        self._note(who, text, segments)
        return CheckedRow(who, segments.count if segments else 0)

    def _text(self, who: Addressee, channel: Channel, to: str) -> tuple[Rendered, Segments | None]:
        if not is_locale(who.locale):
            raise RuleViolation("locale", N_("This language is not known: “{locale}”."), locale=who.locale)
        variables = filled_in(self._template, self._texts, who.cells)
        key = (channel, who.locale, *variables.values())
        found = self._rendered.get(key)
        if found is None:
            if len(self._rendered) >= REMEMBERED:
                self._rendered.clear()
            text = render(self._template.name, channel, who.locale, variables)
            found = self._rendered[key] = text, measure(text.body) if channel is Channel.SMS else None
        return found

    def _note(self, who: Addressee, text: Rendered, segments: Segments | None) -> None:
        if segments and segments.culprits and text.locale in GSM_LOCALES:
            self.summary.long_alphabet += 1
            self.summary.letters.update(segments.culprits)
        self.summary.examples.setdefault(
            f"{who.channel}:{text.locale}",
            {
                "channel": who.channel,
                "locale": text.locale,
                "number": who.number,
                "subject": text.subject,
                "body": text.body,
                "segments": segments.count if segments else 0,
                "encoding": segments.encoding if segments else "",
            },
        )

    def _counted(self, batch: Sequence[CheckedRow]) -> list[CheckedRow]:
        rows = _without_suppressed(batch)
        for row in rows:
            self.summary.total += 1
            self.summary.rejected += row.problem is not None
            self.summary.suppressed += row.problem == NOT_WANTED
            self.summary.segments += row.segments
            if row.problem is None:
                self.summary.sms += row.who.channel is Channel.SMS
                self.summary.emails += row.who.channel is Channel.EMAIL
        return rows


def _without_suppressed(batch: Sequence[CheckedRow]) -> list[CheckedRow]:
    """One question per channel for all rows of the batch."""
    indexes = {
        position: (row.who.channel, address_index(row.who.channel, row.who.to))
        for position, row in enumerate(batch)
        if row.problem is None and row.who.channel is not None
    }
    unwanted = {
        channel: suppressed(channel, {index for found, index in indexes.values() if found is channel})
        for channel in {channel for channel, _ in indexes.values()}
    }
    rows = list(batch)
    for position, (channel, index) in indexes.items():
        if index in unwanted[channel]:
            rows[position] = replace(rows[position], segments=0, problem=NOT_WANTED)
    return rows
