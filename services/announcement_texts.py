"""What a decision's paper says of its announcement, by the way it goes and the act it is made by. Pure.

Papers are in German, the official language.
"""

from datetime import date

from config.announcement import Procedure, Way, announced_on
from services import letters

FETCHED = (
    "Dieser Bescheid wird im Portal zum Abruf bereitgestellt. Er gilt am Tag nach dem Abruf als bekannt gegeben "
    "(§ 41 Abs. 2a VwVfG), bei einem Abruf am {today} also am {counts}. Wird er nicht innerhalb von zehn Tagen nach "
    "der Benachrichtigung abgerufen, geben wir ihn auf anderem Weg bekannt; per Post gilt er dann am vierten Tag nach "
    "der Aufgabe zur Post als bekannt gegeben (§ 41 Abs. 2 VwVfG)."
)
POSTED = (
    "Dieser Bescheid gilt am vierten Tag nach der Aufgabe zur Post als bekannt gegeben, bei einer Aufgabe am {today} "
    "also am {counts}, außer wenn er nicht oder später zugegangen ist ({law})."
)
HANDED = "Dieser Bescheid ist mit der Übergabe bekannt gegeben ({law}), bei einer Übergabe am {today} an diesem Tag."
MOVED = " Fällt der vierte Tag auf ein Wochenende oder einen Feiertag, zählt der nächste Werktag (§ 108 Abs. 3 AO)."
SENTENCES = {
    (Way.PORTAL, Procedure.ADMINISTRATIVE): (FETCHED, ""),
    (Way.POST, Procedure.ADMINISTRATIVE): (POSTED, "§ 41 Abs. 2 VwVfG"),
    (Way.HANDED, Procedure.ADMINISTRATIVE): (HANDED, "§ 41 Abs. 1 VwVfG"),
    (Way.POST, Procedure.FISCAL): (POSTED + MOVED, "§ 122 Abs. 2 AO"),
    (Way.HANDED, Procedure.FISCAL): (HANDED, "§ 122 Abs. 1 AO"),
    (Way.POST, Procedure.SOCIAL): (POSTED, "§ 37 Abs. 2 SGB X"),
    (Way.HANDED, Procedure.SOCIAL): (HANDED, "§ 37 Abs. 1 SGB X"),
}
NO_SIGNATURE = {
    Procedure.ADMINISTRATIVE: "§ 37 Abs. 5 VwVfG",
    Procedure.FISCAL: "§ 119 Abs. 3 AO",
    Procedure.SOCIAL: "§ 33 Abs. 5 SGB X",
}
UNSIGNED = "Dieser Bescheid wurde elektronisch erlassen und ist ohne Unterschrift gültig ({law})."
REPLACES = "Dieser Bescheid ersetzt den Bescheid vom {day}."


def sentence(way: Way, today: date, procedure: Procedure = Procedure.ADMINISTRATIVE) -> str:
    """What the paper of this day says of its announcement.

    The days are those that follow if what it takes happens today: what does happen comes after the paper.
    """
    text, law = SENTENCES[way, procedure]
    counts = announced_on(way, today, procedure=procedure)
    return text.format(today=letters.day(today), counts=letters.day(counts) if counts else "", law=law)
