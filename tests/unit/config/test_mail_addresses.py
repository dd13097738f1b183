"""Mailboxes of offices and departments: what can be none is none."""

import pytest

from config.mail_addresses import mailbox


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (None, ""),
        ("", ""),
        (" amt@nord.example ", "amt@nord.example"),
        ("amt@münchen.example", "amt@xn--mnchen-3ya.example"),
        ("ämter@nord.example", ""),
        ("amt(at)nord.example", ""),
        ("@nord.example", ""),
        ("amt@nord.example, amt@sued.example", ""),
    ],
)
def test_a_mailbox_is_an_address_or_nothing(typed: str | None, found: str) -> None:
    assert mailbox(typed) == found
