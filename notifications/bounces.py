"""Mail that came back: read, matched with its attempt, and kept as a receipt like those of the SMS provider.

A mail that is taken twice changes nothing, so it is marked as read only after the commit.
"""

from enum import StrEnum
from uuid import UUID

import structlog

from config.database import db, transaction
from config.settings import Settings, current_settings
from notifications import mailboxes, metrics, receipts
from notifications.celery_app import wake
from notifications.delivery_reports import Kind, Report, read
from notifications.models import DeliveryAttempt
from notifications.schedule import Queue
from notifications.statuses import AttemptState, Channel
from notifications.verp import BounceCodes

log = structlog.get_logger(__name__)
AT_ONCE = 50
RECEIPTS = {Kind.FAILED: AttemptState.UNDELIVERED.value, Kind.DELAYED: "delayed"}


class Taken(StrEnum):
    """What became of a mail that came back."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    REPEATED = "repeated"
    NOT_OURS = "not_ours"
    NO_BOUNCE = "no_bounce"
    UNREADABLE = "unreadable"


def take(raw: bytes, recipient: str = "") -> Taken:
    """Read one mail and note what it says of a message of ours; `recipient` is the envelope's, where it is known.

    Opens its own transaction. Raises what the database raises; then the mail has to be given again.
    """
    report = read(raw, recipient)
    taken = _taken(report)
    metrics.came_back(report.kind.value if taken is Taken.NO_BOUNCE else taken.value)
    return taken


def poll_mailbox() -> int:
    """Take what the bounce mailbox has, a batch at a time. Returns how many mails were dealt with."""
    url = current_settings().bounce_mailbox_url.get_secret_value()
    if not url:
        return 0
    done = 0
    try:
        with mailboxes.opened(url) as box:
            for name, raw in box.unread(AT_ONCE):
                take(raw)
                box.mark_read(name)
                done += 1
    except mailboxes.MailboxError as error:  # what was not marked is found again in a minute
        log.warning("bounce_mailbox_failed", reason=str(error), done=done)
        metrics.came_back("mailbox_failed")
    return done


def bounce_codes(settings: Settings) -> BounceCodes:
    """The codes of this deployment."""
    return BounceCodes(settings.secret_key.get_secret_value(), settings.mail_from, settings.bounce_address)


def _taken(report: Report) -> Taken:
    word = RECEIPTS.get(report.kind)
    if word is None:
        (log.info if report.kind is Kind.AUTO_REPLY else log.warning)("mail_back_ignored", kind=report.kind.value)
        return Taken.UNREADABLE if report.kind is Kind.UNREADABLE else Taken.NO_BOUNCE
    codes = bounce_codes(current_settings())
    attempt_id = next((found for code in report.codes if (found := codes.attempt_of(code))), None)
    if attempt_id is None:
        log.warning("bounce_not_ours", kind=report.kind.value, code=report.code, codes=len(report.codes))
        return Taken.NOT_OURS
    with transaction():
        taken = _noted(attempt_id, codes, word, report)
    log.info("bounce_taken", attempt=str(attempt_id), taken=taken.value, code=report.code)
    return taken


def _noted(attempt_id: UUID, codes: BounceCodes, word: str, report: Report) -> Taken:
    attempt = db.session.get(DeliveryAttempt, attempt_id)
    if attempt is None or attempt.channel is not Channel.EMAIL:
        return Taken.NOT_OURS
    if attempt.provider_id is None:
        # It came back before our own commit, or after the line was cut: so it did go out, and under this name.
        attempt.provider_id = codes.message_id(attempt_id)
    if not receipts.store(attempt.provider_id, word, report.code or None):
        return Taken.REPEATED
    wake(Queue.INBOUND)
    return Taken.BOUNCED if report.kind is Kind.FAILED else Taken.DELAYED
