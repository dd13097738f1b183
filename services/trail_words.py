"""What the services' codes in the audit trail mean."""

from auth.audit_words import RecordKind, register_words
from config.errors import N_

ACTIONS = {
    "request.submitted": N_("Request or report handed in"),
    "request.take": N_("Request or report taken up"),
    "request.ask": N_("Whoever applied or reported was asked for something"),
    "request.answer": N_("Whoever applied or reported has answered"),
    "request.resume": N_("Request or report taken up again"),
    "request.approve": N_("Request approved, or report seen to"),
    "request.reject": N_("Request rejected, or report not done"),
    "request.write": N_("Message to whoever applied or reported"),
    "request.reply": N_("Whoever applied or reported has written"),
    "request.file_destroyed": N_("File of a request or report destroyed (virus)"),
    "request.withdraw": N_("Request or report withdrawn"),
    "request.close": N_("Request or report closed"),
    "request.reopen": N_("Request or report taken up anew after its end"),
    "request.assign": N_("Request or report assigned"),
    "request.hand_on": N_("Request or report handed to another department"),
    "request.taken_over": N_("Request or report taken over from another department"),
    "request.prioritise": N_("Request or report marked as urgent"),
    "request.unprioritise": N_("Request or report no longer marked as urgent"),
    "request.propose_approve": N_("Approval of a request proposed, or that a report is seen to"),
    "request.propose_reject": N_("Rejection of a request proposed, or that a report is not done"),
    "request.send_back": N_("Proposed decision or answer sent back"),
    "request.mark_duplicate": N_("Request or report marked as a duplicate"),
    "request.unmark_duplicate": N_("Request or report no longer marked as a duplicate"),
    "request.answer_duplicate": N_("Request or report answered together with another"),
    "request.note": N_("Internal note written"),
    "request.posted": N_("Decision given to the post"),
    "request.post_returned": N_("Decision came back from the post"),
    "request.post_arrived": N_("Arrival of a decision noted"),
    "request.given_anew": N_("Decision given to the post anew"),
    "request.letter": N_("Letter about a request or report printed"),
    "work_view.saved": N_("View of the work list saved"),
    "work_view.changed": N_("View of the work list changed"),
    "work_view.deleted": N_("View of the work list deleted"),
    "request.commented": N_("Comment on a report came in over Open311"),
    "request.told_public": N_("Public note on a report written"),
    "request.viewed": N_("Request or report looked at"),
    "request.exported_fim": N_("Request or report exported under the ids of FIM"),
    "request.file_read": N_("File of a request or report opened"),
    "request.check_out": N_("Fee asked for"),
    "payment.due": N_("Fee asked for"),
    "payment.paid": N_("Payment received"),
    "payment.refund_asked": N_("Refund asked for"),
    "payment.refunded": N_("Payment refunded"),
    "payments.listed": N_("List of payments looked at"),
    "handover.accepted": N_("Request or report accepted by the receiving system"),
    "handover.failed": N_("Handing over has failed"),
    "handover.came_back": N_("Mail of a hand-over came back after the answer"),
    "handover.retried": N_("Handing over tried once more"),
    "handover.settled": N_("Handed over in another way"),
    "handovers.listed": N_("List of handed-over requests and reports looked at"),
    "request.erased": N_("Request or report erased"),
    "service.offer_changed": N_("Offer of a service changed"),
    "requests.listed": N_("List of requests and reports looked at"),
}
KINDS = {
    "request": RecordKind(N_("Request or report"), N_("Work on a request or report")),
    "service": RecordKind(N_("Service"), N_("Management of a service")),
}


def register() -> None:
    """Called once by the wiring."""
    register_words(ACTIONS, KINDS)
