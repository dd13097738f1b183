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
    "handed": N_("Handing over begun"),
    "redacted": N_("Text wiped at the provider"),
    "message.tried_again": N_("Sent once more"),
    "message.put_aside": N_("Was put aside"),
    "message.text_seen": N_("Text looked at"),
    "bulk.start": N_("Bulk send started"),
    "bulk.pause": N_("Bulk send paused"),
    "bulk.resume": N_("Bulk send resumed"),
    "bulk.cancel": N_("Bulk send cancelled"),
    "bulk.finish": N_("Bulk send written out"),
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
LOG_TABS = {
    "open": N_("Waiting or on the way"),
    "out": N_("Sent"),
    "arrived": N_("Delivered"),
    "trouble": N_("Not arrived"),
    "withheld": N_("Not sent"),
}
PRIORITIES = {0: N_("Urgent"), 1: N_("Normal"), 2: N_("Bulk")}
PURPOSES = {
    "legal": N_("Legal notice: comes at any hour"),
    "window": N_("Within the person's own window"),
    "slot": N_("Within the protocol's slot"),
    "general": N_("Not during quiet hours"),
}
QUEUES = {
    "delivery": N_("Sending"),
    "inbound": N_("Replies and receipts"),
    "care": N_("Quarantine care"),
    "services": N_("Services"),
    "housekeeping": N_("Tidying up"),
}
INBOX_STATES = {"answered": N_("Answered"), "done": N_("Dealt with")}
