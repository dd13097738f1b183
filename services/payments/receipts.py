"""The receipt of a payment as a PDF: made when it is asked for, the same bytes each time."""

from config.pdf import render_pdf
from config.settings import current_settings
from services import letters, queries, versions
from services.payments.amounts import in_words
from services.payments.models import Payment

TEMPLATE = "services/templates/pdf/payment_receipt.typ"
LANGUAGE = "de"


def receipt(payment: Payment) -> bytes:
    """The receipt of what was paid. Raises ValueError when nothing was. Takes CPU: not inside a transaction."""
    if payment.paid_at is None:
        raise ValueError("not paid")
    request, settings = payment.request, current_settings()
    definition = versions.of(request)
    department = queries.department(request.department_code)
    city, office = f"Stadt {settings.city_name}", department.name if department else ""
    purpose = definition.payment.purpose if definition.payment else definition.title
    amount = in_words(payment.received_cents or payment.amount_cents, LANGUAGE)
    day = letters.day(payment.paid_at.astimezone(settings.zone).date())
    back = payment.refunded_at
    content = {
        "title": f"Zahlungsbeleg {payment.reference}",
        "lang": LANGUAGE,
        "sender": {"name": city, "department": office, "line": " · ".join(filter(None, (city, office)))},
        "recipient": letters.recipient(request),
        "facts": [["Belegnummer", payment.reference], ["Aktenzeichen", request.reference], ["Bezahlt am", day]],
        "subject": "Zahlungsbeleg",
        "footer": city,
        "words": {"page": "Seite", "entry": "Angabe", "value": "Inhalt"},
        "opening": f"wir bestätigen den Eingang Ihrer Zahlung über {amount}.",
        "rows": [
            ["Leistung", definition.title.de],
            ["Zweck", purpose.de],
            ["Betrag", amount],
            ["Bezahlt am", day],
            ["Zahlungskennung", payment.transaction or "–"],
        ],
        "refunded": f"Erstattet am {letters.day(back.astimezone(settings.zone).date())}." if back else "",
        "closing": "Dieser Beleg wurde elektronisch erstellt und ist ohne Unterschrift gültig.",
    }
    return render_pdf(TEMPLATE, content, created=payment.paid_at)
