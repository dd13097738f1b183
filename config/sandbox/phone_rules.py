"""How the sandbox's phone network behaves: Twilio's error answers, its magic numbers, and numbers that fail later.

Sources: Twilio's error dictionary and its page on test credentials (the numbers from +15005550001 on). Beyond those,
the last five digits of a number may be a Twilio code: the message is accepted and then returns undelivered with it.
"""

from dataclasses import dataclass

MAX_BODY = 1600
MAX_VALIDITY = 36_000
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_EXTENDED = frozenset("\f^{}\\[~]|€")
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "STOPP"})
START_WORDS = frozenset({"START", "UNSTOP", "YES"})


@dataclass(frozen=True)
class Refusal:
    """An error answer of the API: HTTP status, Twilio's code, and its text."""

    status: int
    code: int
    message: str


UNAUTHENTICATED = Refusal(401, 20003, "Authenticate")
NOT_FOUND = Refusal(404, 20404, "The requested resource was not found")
NO_TO = Refusal(400, 21604, "A 'To' phone number is required.")
NO_FROM = Refusal(400, 21603, "A 'From' phone number is required.")
NO_BODY = Refusal(400, 21602, "Message body is required.")
TOO_LONG = Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit")
BAD_TO = Refusal(400, 21211, "The 'To' number is not a valid phone number.")
BAD_FROM = Refusal(400, 21212, "The 'From' number is not a valid phone number, shortcode, or alphanumeric sender ID.")
NOT_OWNED = Refusal(400, 21606, "The 'From' phone number provided is not a valid message-capable number.")
BAD_VALIDITY = Refusal(400, 30036, "Validity Period must be between 1 and 36000 seconds.")
OPTED_OUT = Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
BUSY = Refusal(429, 20429, "Too Many Requests")
DOWN = Refusal(503, 20503, "Service is temporarily unavailable")

REFUSED_RECIPIENTS = {
    "+15005550001": BAD_TO,
    "+15005550002": Refusal(400, 21612, "The 'To' phone number is not currently reachable via SMS."),
    "+15005550003": Refusal(400, 21408, "Permission to send an SMS has not been enabled for the region."),
    "+15005550004": OPTED_OUT,
    "+15005550009": Refusal(400, 21614, "'To' number is not a valid mobile number."),
}
REFUSED_SENDERS = {
    "+15005550001": BAD_FROM,
    "+15005550007": NOT_OWNED,
    "+15005550008": Refusal(429, 21611, "This 'From' number has exceeded the maximum number of queued messages."),
}
REFUSED_SUFFIXES = {"21211": BAD_TO, "21610": OPTED_OUT, "21614": REFUSED_RECIPIENTS["+15005550009"]}
REFUSED_ONCE = {"20429": BUSY, "20503": DOWN}
UNDELIVERED_SUFFIXES = {
    code: int(code) for code in ("30003", "30004", "30005", "30006", "30007", "30008", "30017", "30034", "30410")
}


def is_number(text: str) -> bool:
    """Whether `text` looks like an E.164 number."""
    return text.startswith("+") and text[1:].isascii() and text[1:].isdigit() and 8 <= len(text) <= 16


def refusal_for(recipient: str) -> Refusal | None:
    """The immediate refusal that `recipient` always meets."""
    if not is_number(recipient):
        return BAD_TO
    return REFUSED_RECIPIENTS.get(recipient) or REFUSED_SUFFIXES.get(recipient[-5:])


def outcome_for(recipient: str) -> tuple[list[str], int | None]:
    """The statuses that a message to `recipient` goes through after `queued`, and the error code of the last."""
    code = UNDELIVERED_SUFFIXES.get(recipient[-5:])
    return (["sent", "undelivered"], code) if code else (["sent", "delivered"], None)


def segments(body: str) -> int:
    """How many SMS a body takes: GSM-7 with 160 or 153 units, else UCS-2 with 70 or 67."""
    if all(letter in GSM_7 or letter in GSM_7_EXTENDED for letter in body):
        length, single, part = sum(1 if letter in GSM_7 else 2 for letter in body), 160, 153
    else:
        length, single, part = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= single else -(-length // part)
