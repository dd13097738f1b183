"""What the charts of the health office's first page are called. English msgids; the page translates them."""

from care import words
from config.errors import N_

CHARTS: dict[str, str] = {
    "curve": N_("Epidemic curve"),
    "response": N_("Heard from, day by day"),
    "open": N_("Open cases at the end of the day"),
    "reports": N_("Reports by way"),
}
EXPLAINED: dict[str, str] = {
    "curve": N_(
        "Cases by onset of symptoms, else first positive sample, else report, else by the day they came to us."
    ),
    "response": N_("People under monitoring, and how many of them we have heard from on that day."),
    "open": N_("By kind; of today, as it is now."),
    "reports": N_("Reports on health by the way in which they reached us."),
}
SERIES: dict[str, dict[str, str]] = {
    "curve": {str(code): text for code, text in words.KINDS.items()},
    "response": {"expected": N_("under monitoring"), "heard": N_("heard from")},
    "open": {str(code): text for code, text in words.KINDS.items()},
    "reports": {
        "link": N_("Web page"),
        "sms": N_("SMS"),
        "phone": N_("Phone"),
        "api": N_("Another system"),
        "paper": N_("On paper"),
    },
}
STACKED = ("curve", "open", "reports")
