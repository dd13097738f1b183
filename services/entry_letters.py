"""The letter for somebody whose request staff have entered: reference and PIN, and what they open."""

from dataclasses import dataclass

from config import clock
from config.pdf import render_pdf
from config.settings import current_settings
from services import letters, versions
from services.models import ServiceRequest

TEMPLATE = "services/templates/pdf/entry_letter.typ"


@dataclass(frozen=True)
class Words:
    """What the letter calls what came in, and what the office does about it."""

    yours: str
    promise: str
    of_it: str
    it: str


APPLICATION = Words("Ihr Antrag", "Wir entscheiden", "des Antrags", "ihn")
REPORT = Words("Ihre Meldung", "Wir kümmern uns darum", "der Meldung", "sie")


def render(request: ServiceRequest) -> bytes:
    """The letter as a tagged PDF. Takes CPU, so not inside `transaction()`."""
    settings, service = current_settings(), versions.of(request)
    words = REPORT if service.is_report else APPLICATION
    subject = f"{service.title.de}: {words.yours} ist eingegangen"
    content = letters.frame(request, f"Eingangsbestätigung {request.reference}", subject)
    received = letters.day(request.received_on) if request.received_on else ""
    due = letters.day(request.due_on) if request.due_on else ""
    content |= {
        "words": {"page": "Seite"},
        "salutation": "Guten Tag,",
        "opening": f"{words.yours} ist am {received} bei uns eingegangen. "
        f"{words.promise} voraussichtlich bis zum {due}.",
        "status": "Wie es darum steht, sehen Sie jederzeit im Internet oder erfahren es bei uns. Dazu brauchen Sie:",
        "codes": [["Aktenzeichen", request.reference], ["PIN", request.pin or ""]],
        "url": settings.public_url("/status"),
        "care": f"Bewahren Sie die PIN gut auf: Wer beides hat, kann den Stand {words.of_it} sehen, uns schreiben und "
        f"{words.it} zurückziehen.",
    }
    return render_pdf(TEMPLATE, content, created=clock.now())
