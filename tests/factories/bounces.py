"""Mail that came back, as mail servers write it."""

HOST = "stadt.example"


def report(
    message_id: str = "",
    *,
    to: str = f"bounces@{HOST}",
    to_header: str = "To",
    sender: str = f"MAILER-DAEMON@mx.{HOST}",
    action: str | None = "failed",
    status: str | None = "5.1.1",
    about: str = "delivery-status",
    returned: str = "message/rfc822",
    more: str = "",
) -> bytes:
    """A report by the standard (RFC 3464). `message_id`: of what came back; `more`: further recipients."""
    fields = [f"Reporting-MTA: dns; mx.{HOST}", "", "Final-Recipient: rfc822; mira.beispiel@example.org"]
    fields += [f"Action: {action}"] if action else []
    fields += [f"Status: {status}", f"Diagnostic-Code: smtp; 550 {status} so"] if status else []
    fields += ["", more] if more else []
    lines = [
        "Return-Path: <>",
        f"From: Mail Delivery System <{sender}>",
        f"{to_header}: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={about}; boundary="line"',
        "",
        "--line",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "The mail could not be delivered.",
        "",
        "--line",
        f"Content-Type: message/{about}",
        "",
        *fields,
        "",
        "--line",
        f"Content-Type: {returned}",
        "",
        f"From: amt@{HOST}",
        f"Message-ID: {message_id}",
        "Subject: Betreff",
        "",
        "Guten Tag",
        "--line--",
        "",
    ]
    return "\n".join(lines).encode()


def prose(text: str, *, to: str, **headers: str) -> bytes:
    """A mail without a part for machines; keyword arguments are headers, with _ for -."""
    head = [f"To: {to}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\n".join([*head, "Content-Type: text/plain; charset=utf-8", "", text, ""]).encode()
