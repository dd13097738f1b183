"""What a failure means in words, and what to do about it. Pure; the pages translate."""

import re
from dataclasses import dataclass

from config.errors import N_
from notifications.statuses import Channel, Meaning, Status


@dataclass(frozen=True)
class Cause:
    """Why messages ended in trouble, and what helps. `sending_again_helps`: without anything else being mended."""

    words: str
    mend: str
    tone: str = "danger"
    sending_again_helps: bool = False


_LATER = Cause(
    N_("Not reachable, even after several attempts"),
    N_("The phone was off or the provider had trouble. Try again later, or use another way."),
    "warning",
    True,
)
CAUSES: dict[Meaning, Cause] = {
    Meaning.RETRY_LATER: _LATER,
    Meaning.QUEUE_FULL: Cause(
        N_("The provider's queue was full"),
        N_("Too much was sent at once. Try again; if it comes back, have the pace of the sender checked."),
        "warning",
        True,
    ),
    Meaning.BAD_ADDRESS: Cause(
        N_("The number or address does not exist"),
        N_("Correct it in the case or request. To this address, trying again does not help."),
    ),
    Meaning.OPTED_OUT: Cause(
        N_("The person does not want messages by this way"),
        N_("Reach the person another way; the person can lift it with START."),
        "warning",
    ),
    Meaning.REGION: Cause(
        N_("The provider does not send to this country"),
        N_("Have the country allowed at the provider, then try again. Or use another way."),
        "warning",
        True,
    ),
    Meaning.BLOCKED: Cause(
        N_("A network blocks our messages"),
        N_("Tell the administration at once: the provider has to lift the block. Trying again before makes it worse."),
    ),
    Meaning.OTHER_CHANNEL: Cause(
        N_("This number takes no SMS"),
        N_("Perhaps it is a landline. Use e-mail or call the person, and correct the number."),
        "warning",
    ),
    Meaning.EXPIRED: Cause(
        N_("Not delivered in time"),
        N_("The message is no longer useful. Put it aside."),
        "neutral",
    ),
    Meaning.REJECTED: Cause(
        N_("The provider refused the message"),
        N_("Look at the code. Tell the administration if it comes more than once."),
    ),
}
_BY_MAIL: dict[Meaning, Cause] = {
    Meaning.RETRY_LATER: Cause(
        N_("The mailbox was full or the mail server busy, even after several attempts"),
        N_("Try again later, or use another way."),
        "warning",
        True,
    ),
    Meaning.OTHER_CHANNEL: Cause(
        N_("The mail server could not be reached for days"),
        N_("Check the address, and reach the person another way."),
        "warning",
    ),
    Meaning.BLOCKED: Cause(
        N_("A mail server refuses our mails by its rules"),
        N_("Tell the administration: often SPF, DKIM or a block list is the reason. Use another way meanwhile."),
    ),
}
_OTHERWISE = Cause(
    N_("Failed for a reason that we do not know"),
    N_("Look at a message's timeline, and try again."),
    "danger",
    True,
)
_BY_STATUS: dict[Status, Cause] = {
    Status.UNKNOWN: Cause(
        N_("Unknown whether it was sent"),
        N_("The connection broke while it was being handed over. Decide: send it once more, or put it aside."),
        "warning",
    ),
    Status.PARKED: Cause(
        N_("Our own program failed on this message several times"),
        N_("Tell the administration; after an update try again."),
        "danger",
        True,
    ),
}

# Twilio's codes (twilio.com/docs/api/errors) and our own.
CODES: dict[str, str] = {
    "20003": N_("The provider refused our credentials"),
    "20429": N_("The provider asked us to send more slowly"),
    "21211": N_("This is not a valid phone number"),
    "21217": N_("This is not a valid phone number"),
    "21408": N_("Sending to this country is not allowed in our account"),
    "21610": N_("The recipient has written STOP"),
    "21611": N_("The sender's queue at the provider is full"),
    "21612": N_("This number cannot be reached from our sender"),
    "21614": N_("This is not a mobile number"),
    "30001": N_("The provider's queue overflowed"),
    "30002": N_("Our account at the provider is suspended"),
    "30003": N_("The phone is off or has no reception"),
    "30004": N_("The recipient or the network blocks the message"),
    "30005": N_("The number does not exist or is switched off"),
    "30006": N_("A landline, or a network that takes no SMS"),
    "30007": N_("The network took the message for unwanted advertising"),
    "30008": N_("The network gave no reason"),
    "30036": N_("It could not be delivered in the time in which it was useful"),
    "no_text": N_("The message had no text"),
    "no_sid": N_("The provider's answer could not be read"),
    "unreachable": N_("The provider could not be reached"),
    "interrupted": N_("Our program was interrupted while sending"),
    "not_looked_up": N_("The provider could not be asked what became of it"),
    "timeout": N_("The provider did not answer in time"),
    "TimeoutError": N_("The provider did not answer in time"),
    "Timeout": N_("The provider did not answer in time"),
    "ReadTimeout": N_("The provider did not answer in time"),
    "ConnectionResetError": N_("The connection broke"),
    "ConnectionRefusedError": N_("The mail server could not be reached"),
    "SMTPServerDisconnected": N_("The mail server broke the connection"),
    "gaierror": N_("The mail server's name could not be resolved"),
    "SSLError": N_("No secure connection was possible"),
    "500": N_("The other side had an internal error"),
    "502": N_("The other side had an internal error"),
    "503": N_("The other side was overloaded"),
}
_MAIL_CODES: dict[str, str] = {
    "421": N_("The mail server was busy"),
    "450": N_("The mailbox was busy or asks to try later"),
    "451": N_("The mail server had trouble"),
    "452": N_("The mail server had no room left"),
    "501": N_("The mail server did not understand the address"),
    "530": N_("The mail server wanted a login"),
    "535": N_("The mail server refused our login"),
    "550": N_("The mailbox does not exist or refuses the mail"),
    "551": N_("The mailbox has moved"),
    "552": N_("The mailbox is full or the mail too large"),
    "553": N_("The mail server did not accept the address"),
    "554": N_("The mail server refused the mail"),
}
# RFC 3463: the second part of an enhanced code says what it is about, the third narrows it down.
_ENHANCED: dict[str, str] = {
    "1.1": N_("The mailbox does not exist"),
    "1.2": N_("The address's domain does not exist"),
    "1.7": N_("Our own sender's address was not accepted"),
    "1.8": N_("Our own sender's address was not accepted"),
    "1.10": N_("The domain takes no mail"),
    "1": N_("Something is wrong with the address"),
    "2.1": N_("The mailbox is closed"),
    "2.2": N_("The mailbox is full"),
    "2.3": N_("The mail is too large for the mailbox"),
    "2": N_("Something is wrong with the mailbox"),
    "3.1": N_("The recipient's mail system is full"),
    "3": N_("The recipient's mail system has trouble"),
    "4.1": N_("The recipient's mail server does not answer, or does not know this address"),
    "4.4": N_("There is no way to this domain; perhaps it does not exist"),
    "4.7": N_("It could not be delivered for days"),
    "4": N_("The way to the recipient's mail server is disturbed"),
    "5": N_("The mail servers did not understand each other"),
    "6": N_("The recipient's mail server cannot handle the content"),
    "7.13": N_("The mailbox is switched off"),
    "7": N_("The recipient's mail server refuses our mail by its rules"),
}
_ENHANCED_FORM = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})")


def cause_of(status: Status, meaning: Meaning, channel: Channel) -> Cause:
    """The cause in words for a message by `channel`, in this status, that ended with this meaning."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    of_mail = _BY_MAIL.get(meaning) if channel is Channel.EMAIL else None
    return of_mail or CAUSES.get(meaning, _OTHERWISE)


def code_in_words(code: str | None, *, mail: bool = False) -> str:
    """What a provider's code means, in English to be translated; "" when we have no words for it."""
    if not code:
        return ""
    enhanced = _ENHANCED_FORM.search(code)
    if enhanced:
        subject, detail = enhanced.groups()
        return _ENHANCED.get(f"{subject}.{detail}", _ENHANCED.get(subject, ""))
    if mail and code in _MAIL_CODES:
        return _MAIL_CODES[code]
    return CODES.get(code, "")
