"""What people are told about a request. Link and reference only: mail and SMS are read by others, too."""

from auth import colleagues
from auth.roles import Permission
from config.localisation import local_date, speaking
from config.settings import current_settings
from notifications import outbox
from notifications.outbox import NewMessage
from notifications.preferences import Basis, record_basis
from notifications.statuses import Channel
from services import queries, versions
from services.models import ServiceRequest

TO_STAFF = ":office"
"""How the key of a message ends that is for the office, and not for the applicant."""


def tell_applicant(request: ServiceRequest, template: str, occasion: str, **more: str) -> None:
    """Write the message `services.<template>` for the applicant, by e-mail and, if wished, by SMS.

    `occasion` tells two messages of the same template apart (the event's id); `more` are variables of that template
    alone. Call inside `transaction()`.
    """
    settings = current_settings()
    status_link = settings.public_url("/status")
    variables = {
        "reference": request.reference,
        # Without an account there is no page of one's own.
        "link": settings.public_url(f"/requests/{request.reference}") if request.applicant_id else status_link,
        "status_link": status_link,
        "city": settings.city_name,
        "is_report": versions.of(request).is_report,
    } | more
    for channel, to in recipients_of(request):
        outbox.add(
            NewMessage(
                template=f"services.{template}",
                channel=channel,
                to=to,
                locale=request.locale,
                variables=variables,
                key=f"request:{request.id}:{occasion}:{channel}",
                about=request.reference,
                owner=owner_of(request),
            )
        )


def tell_question(request: ServiceRequest, template: str, occasion: str) -> None:
    """The same for a question, with the day until which it is to be answered."""
    with speaking(request.locale):
        day = local_date(request.answer_due_on)
    tell_applicant(request, template, occasion, answer_by=day)


def owner_of(request: ServiceRequest) -> str:
    """Whose messages about `request` are: those of its department."""
    return f"department:{request.department_code}"


def recipients_of(request: ServiceRequest) -> list[tuple[Channel, str]]:
    """Where the applicant is told that something is there to read; none: they have to look by themselves."""
    contact = request.contact or {}
    number = contact.get("phone") if contact.get("sms") else None
    wished = [(Channel.EMAIL, contact.get("email")), (Channel.SMS, number)]
    return [(channel, to) for channel, to in wished if to]


def note_wish(request: ServiceRequest) -> None:
    """Note that the applicant agrees to text messages, if they do: they ticked it in the form. Inside a transaction."""
    contact = request.contact or {}
    if contact.get("sms") and contact.get("phone"):
        record_basis(Channel.SMS, contact["phone"], Basis.CONSENT, f"request:{request.reference}")


def tell_office(request: ServiceRequest, template: str, occasion: str) -> None:
    """Write the message `services.<template>` to the department's mailbox, if it has one."""
    _tell_staff(request, template, occasion, queries.mailbox_of(request.department_code))


def tell_colleague(
    request: ServiceRequest, template: str, occasion: str, actor_id: str, *, stays: bool = False
) -> bool:
    """Write it to one of those who work on `request`; False if there is no address at which they can be reached.

    `stays`: with this department, when `request` with all that is said about it goes to another.
    """
    own = colleagues.mailbox_of(actor_id, request.department_code, Permission.REQUESTS_WORK)
    _tell_staff(request, template, occasion, own, stays=stays)
    return bool(own)


def _tell_staff(request: ServiceRequest, template: str, occasion: str, mailbox: str, *, stays: bool = False) -> None:
    if not mailbox:
        return
    settings = current_settings()
    outbox.add(
        NewMessage(
            template=f"services.{template}",
            channel=Channel.EMAIL,
            to=mailbox,
            locale=settings.locale,
            variables={
                "reference": request.reference,
                "link": settings.public_url(f"/staff/requests/{request.reference}"),
                "is_report": versions.of(request).is_report,
            },
            key=f"request:{request.id}:{occasion}{TO_STAFF}",
            about=owner_of(request) if stays else request.reference,
            owner=owner_of(request),
        )
    )


def tell_overdue(department_code: str, number: int, day: str) -> bool:
    """Write the day's reminder to a department with requests past their deadline; False if it has had it."""
    mailbox = queries.mailbox_of(department_code)
    if not mailbox:
        return False
    settings = current_settings()
    written = outbox.enqueue(
        template="services.overdue",
        channel=Channel.EMAIL,
        to=mailbox,
        locale=settings.locale,
        variables={"number": number, "link": settings.public_url("/staff/requests/?view=overdue")},
        key=f"overdue:{department_code}:{day}",
        about=f"department:{department_code}",
        owner=f"department:{department_code}",
    )
    return written is not None
