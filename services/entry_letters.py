"""The letter for somebody whose request staff have entered: reference and PIN, with which one sees how it stands."""

from config import clock
from config.pdf import render_pdf
from config.settings import current_settings
from services import letters, versions
from services.models import ServiceRequest

TEMPLATE = "services/templates/pdf/entry_letter.typ"


def render(request: ServiceRequest) -> bytes:
    """The letter as a tagged PDF. Takes CPU, so not inside `transaction()`."""
    settings, title = current_settings(), versions.of(request).title.de
    content = letters.frame(request, f"Eingangsbestätigung {request.reference}", f"{title}: Ihr Antrag ist eingegangen")
    received = letters.day(request.received_on) if request.received_on else ""
    due = letters.day(request.due_on) if request.due_on else ""
    content |= {
        "words": {"page": "Seite"},
        "salutation": "Guten Tag,",
        "opening": f"Ihr Antrag ist am {received} bei uns eingegangen. Wir entscheiden voraussichtlich bis zum {due}.",
        "status": "Wie es darum steht, sehen Sie jederzeit im Internet oder erfahren es bei uns. Dazu brauchen Sie:",
        "codes": [["Aktenzeichen", request.reference], ["PIN", request.pin or ""]],
        "url": settings.public_url("/status"),
        "care": "Bewahren Sie die PIN gut auf: Wer beides hat, kann den Stand des Antrags sehen.",
    }
    return render_pdf(TEMPLATE, content, created=clock.now())
