"""The one table from Twilio's codes to meanings. Source: twilio.com/docs/api/errors. Pure."""

from notifications.channels.mail_codes import meaning_of_enhanced
from notifications.statuses import AttemptState, Meaning

MEANINGS: dict[str, Meaning] = {
    "20429": Meaning.RETRY_LATER,
    "20003": Meaning.RETRY_LATER,  # wrong credentials: ours to mend, the message is innocent
    "21211": Meaning.BAD_ADDRESS,
    "21614": Meaning.BAD_ADDRESS,
    "21217": Meaning.BAD_ADDRESS,
    "21610": Meaning.OPTED_OUT,
    "21408": Meaning.REGION,
    "21612": Meaning.REGION,
    "21611": Meaning.QUEUE_FULL,
    "30001": Meaning.QUEUE_FULL,
    "30002": Meaning.RETRY_LATER,
    "30003": Meaning.RETRY_LATER,
    "30008": Meaning.RETRY_LATER,
    "30004": Meaning.BLOCKED,
    "30007": Meaning.BLOCKED,
    "30005": Meaning.OTHER_CHANNEL,
    "30006": Meaning.OTHER_CHANNEL,
    "30036": Meaning.EXPIRED,
}
# A receipt's word to the state of the attempt. What is missing here (accepted, queued, sending) tells us nothing new.
RECEIPTS: dict[str, AttemptState] = {
    "sent": AttemptState.SENT,
    "delivered": AttemptState.DELIVERED,
    "read": AttemptState.DELIVERED,
    "undelivered": AttemptState.UNDELIVERED,
    "failed": AttemptState.FAILED,
    "canceled": AttemptState.FAILED,
}
KNOWN_RECEIPTS = frozenset(RECEIPTS) | {"accepted", "scheduled", "queued", "sending", "receiving", "received"}


def meaning_of(code: str | None) -> Meaning:
    """What a code of a receipt means to us, be it Twilio's or a mail server's; an unknown one is a rejection."""
    if code and "." in code:
        return meaning_of_enhanced(code)
    return MEANINGS.get(code or "", Meaning.REJECTED)
