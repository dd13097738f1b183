"""What `obhut doctor` looks at for e-mail: every mail server, and the mailbox for what comes back."""

import smtplib
import ssl
from urllib.parse import urlsplit
from uuid import UUID

from config.command_line.ailments import Ailment, Ailments
from config.command_line.terminal import _
from config.errors import N_
from config.settings import Settings

NOBODY = UUID(int=0)


def servers(settings: Settings) -> str:
    """Ask each mail server whether it would take mail from us; nothing is sent. Raises Ailment."""
    if not settings.smtp_urls:
        raise Ailment(N_("no mail server"), N_("OBHUT_SMTP_URL: set it, such as smtp://user:password@host:587."))
    places, ailments = [], []
    for number, url in enumerate(settings.smtp_urls):
        try:
            places.append(_server(settings, url, "OBHUT_SMTP_MORE" if number else "OBHUT_SMTP_URL"))
        except Ailment as error:
            ailments.append(error)
    if ailments:
        raise ailments[0] if len(ailments) == 1 else Ailments(ailments)
    return ", ".join(places)


def bounces(settings: Settings) -> str:
    """Whether mail that comes back is noticed. Raises Ailment."""
    from notifications import mailboxes

    url = settings.bounce_mailbox_url.get_secret_value()
    if not url:
        if not settings.bounce_address:
            return _("not set: mail that comes back is not noticed (OBHUT_BOUNCE_ADDRESS)")
        return _("{address}, by the mail server's pipe", address=settings.bounce_address)
    if not settings.bounce_address:
        raise Ailment(
            N_("there is a mailbox, but mail does not come back to it"),
            N_("OBHUT_BOUNCE_ADDRESS: set the mailbox's address, such as bounces@example.org."),
        )
    parts = urlsplit(url)
    place = parts.path if parts.scheme == "maildir" else f"{parts.hostname}{parts.path}"
    try:
        with mailboxes.opened(url) as box:
            next(iter(box.unread(1)), None)
    except mailboxes.MailboxError as error:
        raise Ailment(
            N_("the mailbox {place} cannot be read ({reason})"),
            N_("OBHUT_BOUNCE_MAILBOX_URL: check imap, imaps or maildir, host, user, password and folder."),
            place=place, reason=error,
        ) from None  # fmt: skip
    return _("{address}, read from {place}", address=settings.bounce_address, place=place)


def _server(settings: Settings, url: str, setting: str) -> str:
    from notifications.bounces import bounce_codes
    from notifications.channels.smtp import MailServer, reason_of

    server = MailServer.of(url)
    try:
        with server.connect() as connection:
            # Goes no further, so nothing is sent; a server may refuse the address for what comes back.
            code, answer = connection.mail(bounce_codes(settings).envelope_sender(NOBODY))
            if not 200 <= code < 300:
                raise smtplib.SMTPResponseException(code, answer)
    except ssl.SSLCertVerificationError as error:
        raise Ailment(
            N_("{place} shows a certificate that is not trusted ({reason})"),
            N_("{setting}: use the certificate's name, or let this machine trust its issuer (SSL_CERT_FILE)."),
            place=server.place, reason=reason_of(error), setting=setting,
        ) from None  # fmt: skip
    except (OSError, smtplib.SMTPException) as error:
        raise Ailment(
            N_("{place} refuses or does not answer ({reason})"),
            N_("{setting}: check smtp or smtps, host, port, user and password; {sender}: the sender."),
            place=server.place, reason=reason_of(error), setting=setting,
            sender="OBHUT_BOUNCE_ADDRESS" if settings.bounce_address else "OBHUT_MAIL_FROM",
        ) from None  # fmt: skip
    return server.place
