"""Requests of GeoReport as commands: what a client may send, and the words for what it may not."""

import re
from datetime import datetime, timedelta, tzinfo

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict

from config import clock
from services.commands import Upload
from services.open311.commands import MOST_FILES, MOST_PER_PAGE, SPAN_DAYS, Comment, Report, Wanted
from services.open311.published import CLOSED, OPEN
from services.open311.wire import parse_moment

CONTACT = ("first_name", "last_name", "email", "phone")
MOST_IDS = 1_000
_ATTRIBUTE = re.compile(r"attribute\[([A-Za-z0-9_.-]{1,120})\](?:\[\d*\])?")
Values = MultiDict[str, str]


class Problem(Exception):
    """What GeoReport answers with `status` and a sentence."""

    def __init__(self, status: int, *texts: str) -> None:
        super().__init__(*texts)
        self.status, self.texts = status, texts


def wanted(values: Values, zone: tzinfo) -> Wanted:
    """The filters of GET requests. Raises Problem. Ids override all others, as GeoReport v2 has it."""
    if ids := tuple(one.upper() for one in _list(values, "service_request_id"))[:MOST_IDS]:
        since, until = span(MultiDict(), zone)
        return Wanted(ids=ids, services=(), statuses=(), since=since, until=until, **pages(values))
    since, until = span(values, zone)
    statuses = tuple(one.lower() for one in _list(values, "status"))
    if unknown := next((one for one in statuses if one not in (OPEN, CLOSED)), None):
        raise Problem(400, f"status: “{unknown[:40]}” is neither open nor closed.")
    return Wanted(
        ids=(),
        services=_list(values, "service_code"),
        statuses=statuses,
        since=since,
        until=until,
        **pages(values),
    )


def span(values: Values, zone: tzinfo) -> tuple[datetime, datetime]:
    """From when to when: what is not said is 90 days, and more than that cannot be had at once. Raises Problem."""
    since, until = (_moment(values, name, zone) for name in ("start_date", "end_date"))
    longest = timedelta(days=SPAN_DAYS)
    if until is None:
        # Up to and with this moment: what has just come in counts.
        now = clock.now() + timedelta(seconds=1)
        until = min(since + longest, now) if since else now
    if since is None:
        since = until - longest
    if since > until and values.get("end_date"):
        raise Problem(400, "start_date: it lies after end_date.")
    # A clock goes back an hour in autumn: ninety days of a calendar are an hour longer then.
    if until - since > longest + timedelta(hours=1):
        raise Problem(400, f"start_date and end_date: at most {SPAN_DAYS} days can be asked for at once.")
    return since, until


def _moment(values: Values, name: str, zone: tzinfo) -> datetime | None:
    said = values.get(name, "").strip()
    if not said:
        return None
    try:
        return parse_moment(said, zone)
    except (ValueError, OverflowError):
        raise Problem(400, f"{name}: please write it with its zone, as in 2026-01-31T08:00:00Z.") from None


def pages(values: Values) -> dict[str, int]:
    """Page and size of a page. Raises Problem."""
    return {
        "page": _number(values, "page", 1, 1_000_000),
        "page_size": _number(values, "page_size", MOST_PER_PAGE, MOST_PER_PAGE),
    }


def _number(values: Values, name: str, usual: int, most: int) -> int:
    said = values.get(name, "").strip() or str(usual)
    if not (said.isascii() and said.isdecimal()) or len(said) > 9 or not 1 <= int(said) <= most:
        raise Problem(400, f"{name}: a number from 1 to {most}, please.")
    return int(said)


def _list(values: Values, name: str) -> tuple[str, ...]:
    """Values that may be given several times, and with commas between them."""
    parts = [part.strip() for given in values.getlist(name) for part in given.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))


def report(asked: Request) -> Report:
    """The report in a POST, with what of it cannot be read. Raises Problem when it does not even name a service."""
    values = asked.values
    code = values.get("service_code", "").strip()
    if not code:
        raise Problem(400, "service_code was not provided.")
    attributes, unreadable = _attributes(values)
    files = _sent_files(asked)
    return Report(
        service_code=code,
        lat=values.get("lat", "").strip(),
        long=values.get("long", values.get("lon", "")).strip(),
        address=values.get("address_string", values.get("address", "")).strip()[:500],
        address_id=values.get("address_id", "").strip()[:120],
        description=values.get("description", "").strip(),
        media_url=_links(values),
        contact={name: values[name].strip() for name in CONTACT if values.get(name, "").strip()},
        attributes=attributes,
        files=_read(files[:MOST_FILES]),
        unreadable=unreadable,
        files_left_out=len(files[MOST_FILES:]),
    )


def _attributes(values: MultiDict[str, str]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """The values by code, and the names that have none."""
    found: dict[str, tuple[str, ...]] = {}
    unreadable: list[str] = []
    for name in values:
        if name.startswith("attribute"):
            code = _ATTRIBUTE.fullmatch(name)
            if code is None:
                unreadable.append(name[:80])
            else:
                found[code[1]] = (*found.get(code[1], ()), *values.getlist(name))
    return found, tuple(unreadable)


def _sent_files(asked: Request) -> list[FileStorage]:
    """Under whatever name: some clients call each photo media, others number them."""
    return [one for sent in asked.files.listvalues() for one in sent if one.filename]


def _read(files: list[FileStorage]) -> tuple[Upload, ...]:
    return tuple(Upload(field="media", file_name=str(one.filename), data=one.read()) for one in files)


def comment(asked: Request) -> Comment:
    """What a POST adds to a report. Raises Problem."""
    values = asked.values
    reference = values.get("service_request_id", "").strip()
    number = values.get("update_id", values.get("update_id_ext", "")).strip()
    text = values.get("description", "").strip()
    if not reference:
        raise Problem(400, "service_request_id was not provided.")
    if len(number) > 80 or len(text) > 4_000:
        raise Problem(400, "update_id: at most 80 characters; description: at most 4000.")
    files = _sent_files(asked)
    if len(files) > MOST_FILES:
        raise Problem(400, f"At most {MOST_FILES} files can be sent at once.")
    found = Comment(
        reference=reference.upper(),
        update_id=number,
        description=text,
        status=values.get("status", "").strip()[:40],
        media_url=_links(values),
        author={name: values[name].strip()[:200] for name in CONTACT if values.get(name, "").strip()},
        files=_read(files),
    )
    if not (found.description or found.media_url or found.files or found.says_more_than_open):
        raise Problem(400, "description was not provided.")
    return found


def _links(values: Values) -> str:
    """The addresses of photos: clients that have several send the parameter several times."""
    given = [one.strip() for name in ("media_url", "media_url[]") for one in values.getlist(name)]
    return " ".join(filter(None, given))[:2_000]
