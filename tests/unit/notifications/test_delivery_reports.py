"""Mail that came back: who it belongs to and what it says, and what is no bounce at all."""

from uuid import UUID

import pytest

from config.ids import new_id
from notifications.channels.codes import meaning_of
from notifications.delivery_reports import Kind, Report, read
from notifications.statuses import Meaning
from notifications.verp import BounceCodes
from tests.factories.bounces import HOST, prose, report

CODES = BounceCodes("a secret of the deployment, long enough", f"Amt <amt@{HOST}>", f"bounces@{HOST}")
ATTEMPT = new_id()
OURS, BACK = CODES.message_id(ATTEMPT), CODES.envelope_sender(ATTEMPT)
DAEMON = {"From": f"Mail Delivery System <Mailer-Daemon@mx.{HOST}>", "Return_Path": "<>"}


def _said(raw: bytes, recipient: str = "") -> tuple[Kind, str]:
    found = read(raw, recipient)
    return found.kind, found.code


def _whose(found: Report) -> UUID | None:
    return next((attempt for code in found.codes if (attempt := CODES.attempt_of(code))), None)


def test_a_code_is_ours_alone_and_survives_changed_case() -> None:
    code = CODES.code(ATTEMPT)
    assert f"bounces+{code}@{HOST}" == BACK and len(BACK.partition("@")[0]) <= 64
    assert CODES.attempt_of(code) == CODES.attempt_of(code.upper()) == ATTEMPT
    neighbour = UUID(int=ATTEMPT.int + 1)
    forged = CODES.code(neighbour)[:26] + code[26:]
    others = BounceCodes("the secret of another deployment here", f"amt@{HOST}").code(ATTEMPT)
    for wrong in (forged, others, "", "a" * 42, code[:-1], code + "a", "ä" * 42):
        assert CODES.attempt_of(wrong) is None


def test_without_a_bounce_address_mail_comes_back_to_the_sender() -> None:
    assert BounceCodes("x" * 32, f"Amt <amt@{HOST}>").envelope_sender(ATTEMPT) == f"amt@{HOST}"


def test_a_message_id_fits_the_column_whatever_the_host() -> None:
    for host in ("a.example", "sehr." * 40 + "example"):
        made = BounceCodes("x" * 32, f"amt@{host}").message_id(ATTEMPT)
        assert len(made) <= 120 and made.startswith("<") and "@." not in made


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/global-headers"])
def test_the_mail_is_known_by_its_message_id(returned: str) -> None:
    found = read(report(OURS, returned=returned))
    assert (found.kind, found.code, _whose(found)) == (Kind.FAILED, "5.1.1", ATTEMPT)


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_the_mail_is_known_by_the_address_it_came_back_to(header: str) -> None:
    assert _whose(read(report("<foreign@example.org>", to=BACK.upper(), to_header=header))) == ATTEMPT


def test_the_mail_is_known_by_what_the_mail_server_tells_beside_it() -> None:
    assert _whose(read(report("<foreign@example.org>"), BACK)) == ATTEMPT


@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        ("failed", "5.1.1", (Kind.FAILED, "5.1.1")),
        ("failed", "4.4.1", (Kind.FAILED, "4.4.1")),  # given up after days
        ("failed", None, (Kind.FAILED, "5.0.0")),
        ("delayed", "4.4.1", (Kind.DELAYED, "4.4.1")),
        ("delivered", "2.0.0", (Kind.DELIVERED, "")),
        ("relayed", "2.0.0", (Kind.DELIVERED, "")),
        (None, "5.7.1", (Kind.FAILED, "5.7.1")),
        (None, "4.2.2", (Kind.DELAYED, "4.2.2")),
    ],
)
def test_the_part_for_machines_counts(action: str | None, status: str | None, said: tuple[Kind, str]) -> None:
    assert _said(report(OURS, action=action, status=status)) == said


def test_of_several_recipients_a_failure_outweighs() -> None:
    second = "Final-Recipient: rfc822; zweite@example.org\nAction: failed\nStatus: 5.2.1"
    assert _said(report(OURS, action="relayed", status="2.0.0", more=second)) == (Kind.FAILED, "5.2.1")


@pytest.mark.parametrize(
    ("text", "headers", "said"),
    [
        ("550 5.1.1 <…>: user unknown", DAEMON, (Kind.FAILED, "5.1.1")),
        ("Sorry, no mailbox here by that name. (#5.1.1)", DAEMON, (Kind.FAILED, "5.1.1")),
        ("all relevant MX records point to non-existent hosts", DAEMON, (Kind.FAILED, "5.0.0")),
        ("host mx said: 451 4.7.1 later", DAEMON, (Kind.DELAYED, "4.7.1")),
        ("no luck", DAEMON | {"Subject": "Warning: message delayed 24 hours"}, (Kind.DELAYED, "")),
        ("no luck", {"X_Failed_Recipients": "a@example.org", "Auto_Submitted": "auto-replied"}, (Kind.FAILED, "5.0.0")),
        ("written by Exim 4.94.2 on 5.3.2020", DAEMON | {"X_Failed_Recipients": "a"}, (Kind.FAILED, "5.0.0")),
    ],
)
def test_prose_counts_when_it_comes_to_an_address_with_a_code(
    text: str, headers: dict[str, str], said: tuple[Kind, str]
) -> None:
    mail = prose(text, to=BACK, **headers)
    assert _said(mail) == said and _whose(read(mail)) == ATTEMPT
    elsewhere = prose(text, to=f"amt@{HOST}", **headers)
    assert read(elsewhere).kind in (Kind.OTHER, Kind.AUTO_REPLY)


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"From": "mira.beispiel@example.org", "Auto_Submitted": "auto-replied", "Return_Path": "<>"}, Kind.AUTO_REPLY),
        ({"From": "mira.beispiel@example.org", "X_Autoreply": "yes", "Return_Path": "<>"}, Kind.AUTO_REPLY),
        ({"From": "mira.beispiel@example.org", "Subject": "Re: Betreff"}, Kind.OTHER),
        ({"From": "postmaster@example.org", "Subject": "Wer sind Sie?", "Return_Path": "<p@example.org>"}, Kind.OTHER),
    ],
)
def test_an_absence_note_or_an_answer_is_no_bounce(headers: dict[str, str], kind: Kind) -> None:
    mail = prose("Bin bis 5.1.1 nicht da; unzustellbar ist hier nichts.", to=BACK, **headers)
    assert read(mail).kind is kind


@pytest.mark.parametrize("about", ["disposition-notification", "feedback-report"])
def test_a_report_about_something_else_is_no_bounce(about: str) -> None:
    assert read(report(OURS, about=about, sender="mira.beispiel@example.org")).kind in (Kind.AUTO_REPLY, Kind.OTHER)


def _nested() -> bytes:
    depth = 3000
    opened = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    return b"From: a@example.org\nTo: " + BACK.encode() + b"\n" + opened


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n\n\n", b"\x00\xff\xfe" * 500, b"no header at all", _nested(),
     report(OURS)[:400], b"Content-Type: multipart/report; boundary=x; report-type*=utf-8''%ff\n\n--x\n"],
)  # fmt: skip
def test_garbage_is_no_bounce_and_no_error(raw: bytes) -> None:
    assert read(raw).kind in (Kind.UNREADABLE, Kind.OTHER, Kind.AUTO_REPLY)


def test_a_very_long_mail_is_read_by_its_beginning() -> None:
    raw = report(OURS) + b"x" * 3_000_000
    assert _said(raw) == (Kind.FAILED, "5.1.1")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("5.1.1", Meaning.BAD_ADDRESS), ("5.1.10", Meaning.BAD_ADDRESS), ("5.1.8", Meaning.REJECTED),
        ("5.2.1", Meaning.BAD_ADDRESS), ("5.2.2", Meaning.RETRY_LATER), ("5.3.4", Meaning.REJECTED),
        ("5.4.4", Meaning.BAD_ADDRESS), ("5.7.1", Meaning.BLOCKED), ("5.7.26", Meaning.BLOCKED),
        ("5.0.0", Meaning.REJECTED), ("4.4.7", Meaning.OTHER_CHANNEL), ("4.2.2", Meaning.OTHER_CHANNEL),
        ("30003", Meaning.RETRY_LATER), (None, Meaning.REJECTED),
    ],
)  # fmt: skip
def test_what_codes_mean(code: str | None, meaning: Meaning) -> None:
    assert meaning_of(code) is meaning
