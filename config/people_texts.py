"""Which texts people in care read: these exist in all nine languages, all others in German and English. Pure.

`python -m config.texts` takes from the code what stands here into the catalogues of the other seven, and a test fails
when one of them lacks a text. A page that is declared `in_every_language` (config.localisation) needs its texts here.
"""

PLACES: dict[str, tuple[str, ...]] = {
    # The frame
    "config/templates/layout.html": (),
    "config/templates/base.html": (),
    "config/templates/_session.html": (),
    "config/templates/_login_ends.html": (),
    "config/templates/error.html": (),
    "config/templates/ui.html": ("_optional", "errors"),
    "config/navigation.py": ("RESIDENT_WAYS",),
    "config/errors.py": ("DomainError", "RuleViolation", "InvalidTransition", "NotFound", "Conflict", "Forbidden"),
    "config/error_pages.py": (),
    "config/command_errors.py": ("MESSAGES", "OTHERWISE"),
    # The answer by link or login, and what can be wrong with it
    "care/templates/care/_answer.html": (),
    "care/templates/care/_household_answer.html": (),
    "care/household_forms.py": ("HouseholdForm", "_Section"),
    "care/templates/care/check_in": (),
    "care/templates/care/_naming.html": (),
    "care/templates/care/_own_support.html": (),
    "care/templates/care/own_case/_contacts.html": (),
    "care/naming_forms.py": ("ContactFields", "NamingForm"),
    "care/naming_pages.py": (),
    "care/naming_rules.py": (),
    "care/forms.py": ("CheckInForm", "BirthDateForm"),
    "care/views_check_in.py": (),
    "care/views_correction.py": (),
    "care/own_corrections.py": (),
    "care/link_pages.py": (),
    "care/commands.py": ("RecordReport",),
    "care/check_ins.py": ("_check",),
    # One's own case
    "care/templates/care/own_case/show.html": (),
    "care/templates/care/own_case/link.html": (),
    "care/views_own_case.py": (),
    "care/link_forms.py": ("LinkCaseForm",),
    "care/own_cases.py": ("answer",),
    "care/support_words.py": ("SUPPORT_KINDS", "OWN_SUPPORT_STATES"),
    "care/words.py": ("ORDER_STATES", "OWN_STATUSES"),
    "care/guardianship.py": ("BASES",),
    # What stands around it
    "config/templates/portal/quarantine.html": (),
    "auth/templates/auth/notice.html": (),
    # Papers
    "care/releases.py": (),
    "care/order_papers.py": ("MEASURES", "CHANGES", "_explained"),
    "care/person_letters.py": ("_signs", "_example", "_welcome", "_release", "_questions"),
    "care/link_letters.py": (),
    "care/own_language.py": (),
}
"""File or folder → the classes, functions, tables or macros in it; none: all of it."""
