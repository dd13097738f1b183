"""What may become of a payment: one table. Pure.

A payment is an attempt to pay one fee; when it comes to nothing, the next attempt is a new payment of the same amount.
What a provider says can come twice, late and in any order, so a row that changes nothing is a row as well.
"""

from enum import StrEnum

from config.errors import N_
from services import transitions


class PaymentStatus(StrEnum):
    """`due`: asked for, and nobody has gone to pay yet."""

    DUE = "due"
    STARTED = "started"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUND_ASKED = "refund_asked"
    REFUNDED = "refunded"


class Event(StrEnum):
    START = "start"
    PAY = "pay"
    FAIL = "fail"
    CANCEL = "cancel"
    EXPIRE = "expire"
    ASK_REFUND = "ask_refund"
    REFUND = "refund"
    REFUSE_REFUND = "refuse_refund"


class Occasion(StrEnum):
    """When the fee is asked for (`Payment.at` of a service)."""

    SUBMISSION = "submission"
    DECISION = "decision"


class Trouble(StrEnum):
    """Why a payment waits for a person of the office."""

    NONE = ""
    NOT_WANTED = "not_wanted"
    AMOUNT_DIFFERS = "amount_differs"
    REFUND_FAILED = "refund_failed"


S, E = PaymentStatus, Event
TABLE: dict[tuple[PaymentStatus, Event], PaymentStatus] = {
    (S.DUE, E.START): S.STARTED,
    (S.DUE, E.PAY): S.PAID,  # told by the provider before we had written down that it was started
    (S.DUE, E.FAIL): S.FAILED,
    (S.DUE, E.CANCEL): S.CANCELLED,
    (S.DUE, E.EXPIRE): S.EXPIRED,
    (S.STARTED, E.START): S.STARTED,
    (S.STARTED, E.PAY): S.PAID,
    (S.STARTED, E.FAIL): S.FAILED,
    (S.STARTED, E.CANCEL): S.CANCELLED,
    (S.STARTED, E.EXPIRE): S.EXPIRED,
    # Money that comes after all: the provider has it, whatever we had thought.
    (S.FAILED, E.PAY): S.PAID,
    (S.CANCELLED, E.PAY): S.PAID,
    (S.EXPIRED, E.PAY): S.PAID,
    (S.PAID, E.ASK_REFUND): S.REFUND_ASKED,
    (S.REFUND_ASKED, E.REFUND): S.REFUNDED,
    (S.REFUND_ASKED, E.REFUSE_REFUND): S.PAID,
}
LIVE = frozenset({S.DUE, S.STARTED, S.PAID})
"""Of these a fee has at most one."""
UNPAID = frozenset({S.DUE, S.STARTED})
RECEIVED = frozenset({S.PAID, S.REFUND_ASKED, S.REFUNDED})
"""The money has come; it may have gone back since."""

LABELS: dict[PaymentStatus, str] = {
    S.DUE: N_("To be paid"),
    S.STARTED: N_("Payment begun"),
    S.PAID: N_("Paid"),
    S.FAILED: N_("Payment failed"),
    S.CANCELLED: N_("Payment cancelled"),
    S.EXPIRED: N_("Payment not made in time"),
    S.REFUND_ASKED: N_("Refund under way"),
    S.REFUNDED: N_("Refunded"),
}
TONES: dict[PaymentStatus, str] = {
    S.DUE: "warning",
    S.STARTED: "info",
    S.PAID: "success",
    S.FAILED: "danger",
    S.CANCELLED: "neutral",
    S.EXPIRED: "neutral",
    S.REFUND_ASKED: "info",
    S.REFUNDED: "neutral",
}
TROUBLES: dict[Trouble, str] = {
    Trouble.NOT_WANTED: N_("This money came for something that was paid already or is no longer wanted."),
    Trouble.AMOUNT_DIFFERS: N_("Another amount came in than was asked for."),
    Trouble.REFUND_FAILED: N_("The provider could not pay the money back. Please do it by hand."),
}


def follows(status: PaymentStatus, event: Event) -> PaymentStatus | None:
    """Where `event` takes a payment; None: nowhere, since it is there already, or further on."""
    return TABLE.get((status, event))


def next_status(status: PaymentStatus, event: Event) -> PaymentStatus:
    """The same for what somebody wants: raises InvalidTransition when the table has no such row."""
    return transitions.wanted(TABLE, status, event)
