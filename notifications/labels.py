"""Names of statuses and events for pages. Pure; the templates translate."""

from config.errors import N_

STATUSES = {
    "pending": N_("Waiting"),
    "sending": N_("Being sent"),
    "sent": N_("Sent"),
    "delivered": N_("Delivered"),
    "undelivered": N_("Not delivered"),
    "failed": N_("Failed"),
    "suppressed": N_("Not wanted by the recipient"),
    "paused": N_("Paused"),
    "cancelled": N_("Withdrawn"),
    "expired": N_("No longer useful"),
    "parked": N_("Put aside after several failures"),
    "unknown": N_("Unknown whether it was sent"),
}
TONES = {
    "pending": "neutral",
    "sending": "info",
    "sent": "info",
    "delivered": "success",
    "undelivered": "danger",
    "failed": "danger",
    "suppressed": "warning",
    "paused": "neutral",
    "cancelled": "neutral",
    "expired": "neutral",
    "parked": "danger",
    "unknown": "warning",
}
CHANNELS = {"sms": N_("SMS"), "email": N_("E-mail")}
EVENTS = {
    "enqueued": N_("Put into the outbox"),
    "attempt": N_("Attempt begun"),
    "claimed": N_("Being sent"),
    "released": N_("Not begun, given back"),
    "lost": N_("Interrupted; certainly not sent"),
    "crashed": N_("Stopped by an error of ours"),
    "temporary": N_("Not possible at the moment"),
    "unknown": N_("Unknown whether it was sent"),
    "sent": N_("Handed over"),
    "failed": N_("Refused"),
    "undelivered": N_("Not delivered"),
    "delivered": N_("Delivered"),
    "receipt_sent": N_("Receipt: sent"),
    "receipt_delivered": N_("Receipt: delivered"),
    "receipt_read": N_("Receipt: read"),
    "receipt_undelivered": N_("Receipt: not delivered"),
    "receipt_failed": N_("Receipt: failed"),
    "receipt_delayed": N_("Receipt: delayed, the mail servers go on trying"),
    "receipt_canceled": N_("Receipt: withdrawn"),
    "receipt_queued": N_("Receipt: waiting"),
    "receipt_accepted": N_("Receipt: accepted"),
    "receipt_sending": N_("Receipt: being sent"),
}
INBOX_STATES = {"answered": N_("Answered"), "done": N_("Dealt with")}
