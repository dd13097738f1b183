"""What a provider of payments has to be able to do. Pure: an adapter translates, and no vendor's word leaves its file.

A provider shows a page of its own where people pay, tells us with a signed call what became of it, and can be asked.
Whatever it says may come twice, late or never; the ledger holds to its own table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

CURRENCY = "EUR"


class Unavailable(Exception):
    """The provider does not answer, or answers that it cannot now: the same may succeed later."""


class Refused(Exception):
    """The provider will not do this, now or later; the text is its own code, fit for logs."""


class Forged(Exception):
    """A call that the provider did not sign, or not now."""


class Said(StrEnum):
    """What a provider says of a payment. `open`: nothing yet; `unknown`: it knows of no such payment."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Returned(StrEnum):
    """What became of money that is to go back."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Order:
    """What is to be paid. `id` is ours and makes a start repeatable: the same id never makes a second page.

    `purpose` and `reference` stand on the page and on statements of account; neither tells who pays, or for whom.
    `expires_at` (aware, UTC): until when the page may take money. The addresses lead back to us.
    """

    id: UUID
    reference: str
    amount_cents: int
    purpose: str
    locale: str
    expires_at: datetime
    return_url: str
    cancel_url: str


@dataclass(frozen=True)
class Started:
    """The provider's id of the payment, and its page."""

    provider_id: str
    address: str


@dataclass(frozen=True)
class Word:
    """What a provider says of a payment. `order_id`: our id as the provider kept it; `transaction`: of the money."""

    said: Said
    provider_id: str
    order_id: UUID | None = None
    transaction: str = ""
    amount_cents: int = 0
    currency: str = CURRENCY


@dataclass(frozen=True)
class Refund:
    """`id`: the provider's."""

    returned: Returned
    id: str


class Provider(Protocol):
    """An adapter. Calls block for seconds at most and must not run inside a transaction.

    All raise Unavailable, and Refused where the provider says no.
    """

    name: str
    page_origin: str
    """Scheme and host of its pages: where our forms may lead."""

    def start(self, order: Order) -> Started:
        """The page for `order`; the same order again gives the same page."""

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Word | None:
        """A call of the provider's; None: it concerns no payment of ours. Raises Forged."""

    def ask(self, provider_id: str) -> Word:
        """What it says now."""

    def close(self, provider_id: str) -> Word:
        """Take no more money for this payment; what it says thereafter (it may have been paid just before)."""

    def refund(self, order_id: UUID, attempt: int, transaction: str, amount_cents: int) -> Refund:
        """Give the money back; the same order and attempt again give it back only once."""

    def ask_refund(self, refund_id: str) -> Refund:
        """What has become of a refund."""

    def probe(self) -> None:
        """Whether the provider answers and takes our key, for `obhut doctor`."""
