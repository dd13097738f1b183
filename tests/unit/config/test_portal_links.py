"""Links that say where to go back to never lead out of the house."""

import pytest

from config.portal import local_path


@pytest.mark.parametrize("address", ["/", "/services/", "/services/?q=parken&page=2", "/requests/K7RWX2MA"])
def test_own_addresses_are_kept(address: str) -> None:
    assert local_path(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "services/",
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example/",
        "/\t/elsewhere.example/",
        "/\n/elsewhere.example/",
        "javascript:alert(1)",
    ],
)
def test_all_others_are_refused(address: str | None) -> None:
    assert local_path(address) is None


def test_the_language_in_the_address_does_not_outweigh_the_choice() -> None:
    assert local_path("/services/?lang=de&q=parken") == "/services/"
