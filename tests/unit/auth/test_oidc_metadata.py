"""What a discovery document may say, where nothing but HTTPS counts."""

from typing import Any

import pytest

from auth.oidc_metadata import Metadata, ProviderUnavailable, is_address, metadata_of

ISSUER = "https://id.example"
GOOD: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/jwks",
}


def read(*, has_secret: bool = True, **changes: Any) -> Metadata:
    return metadata_of(GOOD | changes, issuer=ISSUER, has_secret=has_secret, allow_http=False, fetched_at=0.0)


def test_only_what_is_known_is_taken() -> None:
    found = read(code_challenge_methods_supported=["plain"], token_endpoint_auth_signing_alg="none", x=1)
    assert found == Metadata(
        f"{ISSUER}/authorize", f"{ISSUER}/token", f"{ISSUER}/jwks", None, None, ("client_secret_basic",), False, 0.0
    )


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_in_production_every_address_is_https(name: str) -> None:
    with pytest.raises(ProviderUnavailable, match=f"metadata_{name}"):
        read(**{name: "http://id.example/x"})


def test_a_harmless_parameter_may_stand_in_the_address() -> None:
    assert read(authorization_endpoint=f"{ISSUER}/authorize?p=policy").authorization_endpoint.endswith("?p=policy")
    with pytest.raises(ProviderUnavailable):
        read(authorization_endpoint=f"{ISSUER}/authorize?p=policy&NONCE=x")


@pytest.mark.parametrize("promised", [True, False, "true", 1, None])
def test_only_a_promise_is_one(promised: Any) -> None:
    assert read(authorization_response_iss_parameter_supported=promised).states_issuer is (promised is True)


@pytest.mark.parametrize(
    ("methods", "has_secret", "used"),
    [
        (["client_secret_post"], True, ("client_secret_post",)),
        (["client_secret_post", "client_secret_basic"], True, ("client_secret_basic", "client_secret_post")),
        (["private_key_jwt"], True, ("client_secret_basic",)),
        ("client_secret_post", True, ("client_secret_basic",)),
        (["none", "client_secret_basic"], False, ("none",)),
    ],
)
def test_client_authentication(methods: Any, has_secret: bool, used: tuple[str, ...]) -> None:
    assert read(has_secret=has_secret, token_endpoint_auth_methods_supported=methods).auth_methods == used


@pytest.mark.parametrize(
    ("address", "allow_http", "good"),
    [
        ("https://id.example/x", False, True),
        ("http://127.0.0.1:8080/x", True, True),
        ("http://127.0.0.1:8080/x", False, False),
        ("https:///x", False, False),
        ("ftp://id.example", True, False),
        ("https://id.example/a b", False, False),
        ("https://id.example/\\evil", False, False),
        ("https://user@id.example/", False, False),
        ("https://id.example:0x50/", False, False),
        (b"https://id.example", False, False),
    ],
)
def test_addresses(address: object, allow_http: bool, good: bool) -> None:
    assert is_address(address, allow_http) is good
