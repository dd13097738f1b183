"""What the codes of messages in the audit trail mean."""

from auth.audit_words import RecordKind, register_words
from config.errors import N_

ACTIONS = {
    "message.text_seen": N_("Text of a message read"),
    "message.viewed": N_("Message looked at"),
    "message.put_aside": N_("Failed message put aside"),
    "message.tried_again": N_("Message sent once more"),
    "messages.listed": N_("List of messages looked at"),
    "messages.read": N_("State of messages looked up"),
    "messages.put_aside": N_("Failed messages put aside"),
    "messages.tried_again": N_("Failed messages sent once more"),
    "inbox.listed": N_("Replies looked at"),
    "inbound.thread_seen": N_("Conversation read"),
    "inbound.answered": N_("Reply answered"),
    "inbound.done": N_("Reply put aside"),
    "bulk.drafted": N_("Bulk send prepared"),
    "bulk.sent": N_("Bulk send sent by a program"),
    "bulk.start": N_("Bulk send started"),
    "bulk.pause": N_("Bulk send stopped"),
    "bulk.resume": N_("Bulk send resumed"),
    "bulk.cancel": N_("Bulk send withdrawn"),
    "bulk.finish": N_("Bulk send finished"),
    "bulk.discarded": N_("Bulk send discarded"),
    "suppression.added": N_("Address closed to messages"),
    "suppression.lifted": N_("Address opened to messages"),
}
KINDS = {
    "message": RecordKind(N_("Message"), N_("Delivery of messages")),
    "messages": RecordKind(N_("Messages"), N_("Delivery of messages")),
    "inbound": RecordKind(N_("Reply"), N_("Answering replies")),
    "bulk": RecordKind(N_("Bulk send"), N_("Delivery of messages")),
    "suppression": RecordKind(N_("Closed address"), N_("Delivery of messages")),
}


def register() -> None:
    """Called once by the wiring."""
    register_words(ACTIONS, KINDS)
