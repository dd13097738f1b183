"""Light rows open a sealed value once, and never show an older one."""

from typing import Any

from care.fact_rows import ReviewRow
from care.vocabulary import ReviewOutcome
from config.ids import new_id


class Holder:
    """Seals by putting the place in front; counts how often something is opened."""

    opened = 0

    def seal_value(self, plain: bytes, bound_to: bytes) -> bytes:
        return bound_to + plain

    def unseal_value(self, blob: bytes, bound_to: bytes) -> bytes:
        self.opened += 1
        assert blob.startswith(bound_to)
        return blob.removeprefix(bound_to)


def row(holder: Holder) -> Any:
    made: Any = ReviewRow.made({"id": new_id(), "case_id": new_id()})
    made.holder = holder
    return made


def test_a_value_is_opened_once() -> None:
    holder = Holder()
    review = row(holder)
    assert review.outcome is None
    ReviewRow.of.outcome.keep(review, "dismissed")  # as if it had been read
    assert [review.outcome, review.outcome] == ["dismissed", "dismissed"]
    assert holder.opened == 1


def test_what_was_just_sealed_needs_no_opening() -> None:
    holder = Holder()
    review = row(holder)
    review.outcome = "dismissed"
    assert (review.outcome, holder.opened) == ("dismissed", 0)
    review.outcome = ReviewOutcome.CONFIRMED  # comes back as what the seal holds, a plain text
    assert (type(review.outcome), review.outcome, holder.opened) == (str, ReviewOutcome.CONFIRMED.value, 1)


def test_what_is_sealed_anew_is_opened_anew_by_whatever_way_it_came() -> None:
    holder = Holder()
    review = row(holder)
    review.outcome = "dismissed"
    assert review.outcome == "dismissed"
    ReviewRow.of.outcome.keep(review, "confirmed")  # as the model's attribute does it
    assert review.outcome == "confirmed"
    review.outcome_sealed = None
    assert review.outcome is None


def test_values_of_two_rows_are_kept_apart() -> None:
    holder = Holder()
    one, other = row(holder), row(holder)
    one.outcome, other.outcome = "dismissed", "confirmed"
    assert (one.outcome, other.outcome) == ("dismissed", "confirmed")
