"""How the words of one language answer a check-in. Pure. `care.reply_words` holds them for each language.

A comma separates. `yes` and `no` answer our question. `without` denies what follows it, `lacking` what stands before
it; by itself the latter is a no, and the former where it also stands under `no`. `well` is a sentence that says "no
complaints". `joining` words make a row, of which nobody knows how much a denial denies; after `but` something new is
said. `things` are complaints and symptoms; where a language has a form of its own for what is not there (Russian
“кашля” in “кашля нет”), that form stands under `absent`, and means nothing else. `temperature` is what people call both
their temperature and a fever: beside a number it is the temperature. `fillers` carry no news. Anything else that we do
not know is news for a person to read.
"""

from dataclasses import dataclass, field

COMPLAINT = "complaint"


@dataclass(frozen=True)
class Words:
    """What people write in one language; symptoms by their key."""

    yes: str = ""
    no: str = ""
    without: str = ""
    lacking: str = ""
    well: str = ""
    joining: str = ""
    but: str = ""
    temperature: str = ""
    fillers: str = ""
    things: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
