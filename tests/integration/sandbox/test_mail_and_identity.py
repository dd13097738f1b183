"""The sandbox's mail server and identity provider."""

import smtplib
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from config.sandbox import state
from config.sandbox.accounts import ACCOUNTS
from config.sandbox.remote import Remote
from config.settings import Settings, load_settings

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


def log_in(filled: Settings, account: str, verifier: str) -> requests.Response:
    callback = "http://127.0.0.1:9/auth/callback"
    with OAuth2Session(filled.oidc_client_id, scope=filled.oidc_scopes, redirect_uri=callback) as session:
        url, _ = session.create_authorization_url(
            filled.oidc_issuer + "/oauth2/authorize", nonce="n",
            code_challenge=create_s256_code_challenge(VERIFIER), code_challenge_method="S256",
        )  # fmt: skip
    page = requests.get(url, timeout=10)
    assert f'value="{account}"' in page.text
    answer = requests.post(url, data={"sub": account}, timeout=10, allow_redirects=False)
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    credentials = (filled.oidc_client_id, filled.oidc_client_secret.get_secret_value())
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
    return requests.post(filled.oidc_issuer + "/oauth2/token", data=form, auth=credentials, timeout=10)


def test_every_account_logs_in_by_name_and_brings_its_claims(filled: Settings) -> None:
    for account in ACCOUNTS:
        token = log_in(filled, account.subject, VERIFIER).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        claims = requests.get(filled.oidc_issuer + "/userinfo", headers=headers, timeout=10).json()
        assert claims == account.claims(["parking"]) | {"sub": account.subject}


def test_a_wrong_verifier_is_refused(filled: Settings) -> None:
    answer = log_in(filled, "resident", "w" * 64)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_configured_provider_needs_no_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(
        data_dir=tmp_path,
        oidc_issuer="https://login.example.org",
        oidc_client_id="obhut",
        smtp_url="smtp://mail.example.org",
    )
    assert state.wanted_parts(settings) == (state.PHONE,)
