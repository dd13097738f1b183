"""What `obhut doctor` finds wrong."""

from collections.abc import Sequence

from config.command_line.terminal import _


class Ailment(Exception):
    """Something fails; the text says what, `mend` what to do."""

    def __init__(self, text: str, mend: str, **parameters: object) -> None:
        super().__init__(_(text, **parameters))
        self.mend = _(mend, **parameters)

    @property
    def report(self) -> str:
        """What and how to mend it."""
        return f"{self}. {self.mend}"


class Ailments(Ailment):
    """Several of one kind, each in a line of its own."""

    def __init__(self, found: Sequence[Ailment]) -> None:
        Exception.__init__(self, "\n".join(one.report for one in found))
        self.mend = ""

    @property
    def report(self) -> str:
        return str(self)
