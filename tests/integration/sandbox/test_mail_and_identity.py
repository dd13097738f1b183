"""The sandbox's mail server and identity provider."""

import smtplib
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from auth import logout_tokens
from auth.id_tokens import Expected, verified_claims
from auth.jwts import unverified_claims, usable_keys
from config.sandbox import state
from config.sandbox.accounts import ACCOUNTS
from config.sandbox.remote import Remote
from config.settings import Settings, load_settings
from tests.integration.sandbox.conftest import Application, serving, settings_in

VERIFIER = "v" * 64


def test_a_mail_is_kept_with_text_html_and_attachment(filled: Settings, remote: Remote) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "obhut@example.org", "lena@example.org", "Grüße"
    mail.set_content("Guten Tag\n")
    mail.add_alternative("<p>Guten Tag</p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Bescheid.pdf")
    with smtplib.SMTP("127.0.0.1", urlsplit(filled.smtp_url.get_secret_value()).port or 0) as server:
        server.send_message(mail)
    (found,) = remote.mails(to="LENA@example.org")
    assert (found["subject"], found["text"].strip()) == ("Grüße", "Guten Tag")
    assert "<p>" in found["html"]
    assert found["attachments"] == [{"filename": "Bescheid.pdf", "content_type": "application/pdf", "size": 8}]
    assert remote.part(found["id"], 0) == (b"%PDF-1.7", "application/pdf")
    assert remote.mails(to="somebody.else@example.org") == []


def test_mailboxes_can_refuse(filled: Settings) -> None:
    with smtplib.SMTP("127.0.0.1", urlsplit(filled.smtp_url.get_secret_value()).port or 0) as server:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            server.sendmail("a@example.org", ["reject@example.org"], "x")
        assert refused.value.recipients["reject@example.org"][0] == 550
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            server.sendmail("a@example.org", ["later@example.org"], "x")
        assert refused.value.recipients["later@example.org"][0] == 451


def test_the_provider_names_its_issuer(filled: Settings) -> None:
    found = requests.get(filled.oidc_issuer + "/.well-known/openid-configuration", timeout=10).json()
    assert found["issuer"] == filled.oidc_issuer
    assert found["token_endpoint"].startswith(filled.oidc_issuer)


def log_in(filled: Settings, account: str, verifier: str, *, level: str = "", **asked: str) -> requests.Response:
    callback = "http://127.0.0.1:9/auth/callback"
    with OAuth2Session(filled.oidc_client_id, scope=filled.oidc_scopes, redirect_uri=callback) as session:
        url, _ = session.create_authorization_url(
            filled.oidc_issuer + "/oauth2/authorize", nonce="n",
            code_challenge=create_s256_code_challenge(VERIFIER), code_challenge_method="S256", **asked,
        )  # fmt: skip
    page = requests.get(url, timeout=10)
    assert f'value="{account}"' in page.text
    answer = requests.post(url, data={"sub": account, "level": level}, timeout=10, allow_redirects=False)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    code, issuer = query["code"][0], query["iss"][0]
    assert issuer == filled.oidc_issuer
    credentials = (filled.oidc_client_id, filled.oidc_client_secret.get_secret_value())
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
    return requests.post(filled.oidc_issuer + "/oauth2/token", data=form, auth=credentials, timeout=10)


def test_every_account_logs_in_by_name_and_brings_its_claims(filled: Settings) -> None:
    for account in ACCOUNTS:
        token = log_in(filled, account.subject, VERIFIER).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        claims = requests.get(filled.oidc_issuer + "/userinfo", headers=headers, timeout=10).json()
        assert claims == account.claims(["parking"]) | {"sub": account.subject}


def test_a_cancelled_login_says_which_one_it_was(filled: Settings) -> None:
    with OAuth2Session(filled.oidc_client_id, scope="openid", redirect_uri="http://127.0.0.1:9/auth/callback") as one:
        url, state = one.create_authorization_url(filled.oidc_issuer + "/oauth2/authorize", nonce="n")
    answer = requests.post(url, data={"action": "deny"}, timeout=10, allow_redirects=False)
    told = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (told["error"], told["state"]) == (["access_denied"], [state])


def test_a_wrong_verifier_is_refused(filled: Settings) -> None:
    answer = log_in(filled, "resident", "w" * 64)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def claims_of(answer: requests.Response, keys: object) -> dict[str, Any]:
    expected = Expected("", "obhut", "n", datetime.now(UTC))
    token = answer.json()["id_token"]
    issuer = unverified_claims(token)["iss"]
    return verified_claims(token, usable_keys(keys), replace(expected, issuer=issuer, max_age=60))


@pytest.mark.parametrize(
    ("account", "asked", "chosen", "given"),
    [
        ("resident", "", "", "substantial"),
        ("resident", "high STORK-QAA-Level-4", "", "high"),
        ("resident", "STORK-QAA-Level-3 high", "", "substantial"),
        ("resident", "high", "basic", "basic"),
        ("officer", "substantial", "", "high"),
    ],
)
def test_logins_say_when_and_how_surely(filled: Settings, account: str, asked: str, chosen: str, given: str) -> None:
    keys = requests.get(filled.oidc_issuer + "/jwks", timeout=10).json()
    claims = claims_of(log_in(filled, account, VERIFIER, level=chosen, acr_values=asked), keys)
    assert claims["acr"] == given
    assert claims["sid"]
    assert abs(claims["auth_time"] - claims["iat"]) <= 5


def test_the_page_says_what_is_asked(filled: Settings) -> None:
    where = (
        filled.oidc_issuer + "/oauth2/authorize?client_id=obhut&response_type=code&scope=openid&redirect_uri=http://a"
    )
    assert "hoch</strong>" in requests.get(where + "&acr_values=high&prompt=login", timeout=10).text
    assert "noch einmal ausweisen" in requests.get(where + "&prompt=login", timeout=10).text
    assert "noch einmal ausweisen" not in requests.get(where, timeout=10).text


def test_logging_out_everywhere_tells_the_application(tmp_path: Path, application: Application) -> None:
    with serving(settings_in(tmp_path, application)) as (filled, _):
        where = filled.oidc_issuer + "/logout-everywhere"
        assert "Niemand ist angemeldet" in requests.get(where, timeout=10).text
        log_in(filled, "resident", VERIFIER)
        keys = requests.get(filled.oidc_issuer + "/jwks", timeout=10).json()
        page = requests.post(where, data={"sub": "resident"}, timeout=10).text
        assert "resident ist abgemeldet" in page
        assert "Niemand ist angemeldet" in page
        path, fields, _ = application.reports[-1]
        assert path == "/auth/backchannel-logout"
        logout = logout_tokens.verified(
            fields["logout_token"],
            usable_keys(keys),
            issuer=filled.oidc_issuer,
            client_id="obhut",
            now=datetime.now(UTC),
        )
        assert logout.subject == "resident"


def test_a_configured_provider_needs_no_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(
        data_dir=tmp_path,
        oidc_issuer="https://login.example.org",
        oidc_client_id="obhut",
        smtp_url="smtp://mail.example.org",
    )
    assert state.wanted_parts(settings) == (state.PHONE, state.PAYMENT)
    assert state.wanted_parts(settings.changed(twilio_account_sid="AC1")) == ()  # a city may take no payments
