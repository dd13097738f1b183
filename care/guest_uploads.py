"""Guest lists as staff and organisers send them: lines or a file, with every mistake at its row."""

from flask_babel import gettext as _

from care import guest_lists
from care.naming_rules import NamedPerson
from care.occasion_forms import GuestsForm
from config.error_pages import translated
from config.errors import DomainError
from config.settings import current_settings

SHOWN = 20


def guests_in(form: GuestsForm) -> list[NamedPerson] | None:
    """Those whom the form names; None, with errors on it, when something is wrong or nobody was named."""
    try:
        found = _read(form)
    except DomainError as error:  # the file as a whole cannot be read
        form.form_errors.append(translated(error))
        return None
    for mistake in found.mistakes[:SHOWN]:
        form.form_errors.append(_("Row %(row)s: %(what)s", row=mistake.row, what=_(mistake.message)))
    if not found.guests and not found.mistakes:
        form.form_errors.append(_("Please name at least one guest."))
    return list(found.guests) if found.guests and not found.mistakes else None


def _read(form: GuestsForm) -> guest_lists.GuestList:
    data = form.file.data.read() if form.file.data else b""
    if data:
        return guest_lists.read_file(data, current_settings().max_upload_mb)
    text = (form.lines.data or "").strip()
    return guest_lists.read_lines(text) if text else guest_lists.GuestList((), ())
