"""What staff call the wing's messages. Pure."""

from config.errors import N_

TITLES = {
    "services.answer_given": N_("There is an answer"),
    "services.answer_reminder": N_("Reminder of our question"),
    "services.answered": N_("Question answered (to the department)"),
    "services.answered_together": N_("Answered together with another report"),
    "services.closed": N_("Request closed"),
    "services.continue_later": N_("Link to continue later"),
    "services.decided": N_("Decision, online"),
    "services.decided_on_paper": N_("Decision, on paper"),
    "services.handed_over": N_("Request handed over"),
    "services.handover_digest": N_("Requests that were not handed over"),
    "services.infected": N_("File deleted: harmful software"),
    "services.infected_office": N_("File deleted: harmful software (to the department)"),
    "services.message": N_("There is a message"),
    "services.overdue": N_("Overdue requests (to the department)"),
    "services.paid": N_("Payment received"),
    "services.payment_due": N_("Please pay the fee"),
    "services.question": N_("Our question"),
    "services.received": N_("New request (to the department)"),
    "services.refunded": N_("Money paid back"),
    "services.reopened": N_("Request taken up again"),
    "services.replied": N_("Message from the applicant (to the department)"),
    "services.status": N_("Status by text message"),
    "services.status_unknown": N_("Status by text message: not found"),
    "services.submitted": N_("Confirmation of receipt"),
    "services.unanswered": N_("Question not answered (to the department)"),
    "services.unpaid": N_("Request was not paid"),
    "services.unpaid_yet": N_("Request waits for the payment"),
    "services.withdrawn": N_("Request withdrawn (to the department)"),
}
