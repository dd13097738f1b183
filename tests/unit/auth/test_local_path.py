"""`next` leads nowhere but into this house."""

import pytest

from auth.logins import local_path


@pytest.mark.parametrize("path", ["/", "/care/", "/requests/K7NPX3RB?a=b&c=d#e", "/services/?q=%C3%A4", "/a//b"])
def test_local_paths_stay(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None, "", "care", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
        "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "/a\r\nSet-Cookie: x=y", " /care/", "/ca re",
        "/a\\b", "http:/evil.example", "/" + "a" * 2000, "/\u2028x", "/auth/callback?state=x",
    ],
)  # fmt: skip
def test_everything_else_is_dropped(path: str | None) -> None:
    assert local_path(path) == ""
