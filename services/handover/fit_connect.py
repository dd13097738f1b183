"""Handing over by FIT-Connect, Submission API version 1: announce, upload, submit, and read the event log.

A submission is sealed for its destination, so the delivery service in between reads nothing of it. It is finished by
one call alone; all that comes before and is left lying is gone after a day. Before that call, and after every death of
ours, the event log is asked whether it has been made: so nothing is submitted twice.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from config import clock
from config.settings import current_settings
from services.handover.base import Outcome, Parcel, ParcelFile, Progress, Step, Unavailable
from services.handover.fit_connect_api import Refused, SubmissionApi
from services.handover.fit_connect_crypto import (
    NotGenuine,
    NotToBeUsed,
    SetEvent,
    encryption_key,
    read_event,
    sealed,
    tag_of,
)

log = structlog.get_logger(__name__)
METADATA_SCHEMA = "https://schema.fitko.de/fit-connect/metadata/1.0.0/metadata.schema.json"
LEISTUNG = "urn:de:fim:leika:leistung:"
JSON = "application/json"
OPTIONS = {"destination", "schema"}
MOST_BEGINNINGS = 3
LONGEST_REMARK = 500


@dataclass(frozen=True)
class Log:
    """What the event log says, as far as it is genuine."""

    submitted: SetEvent | None
    accepted: SetEvent | None
    rejected: SetEvent | None


class FitConnect:
    """Options: `destination`, the id of the Zustellpunkt; `schema`, the URI of the schema that it takes as JSON."""

    name = "fit-connect-v1"
    patience = timedelta(days=16)  # after 14 the delivery service itself rejects what nobody has fetched
    needs_leika = True

    def faults(self, options: Mapping[str, Any]) -> list[str]:
        found = [f"“{key}” is no option of {self.name}" for key in sorted(options.keys() - OPTIONS)]
        try:
            UUID(str(options.get("destination")))
        except ValueError:
            found.append("destination: must be the id of a Zustellpunkt")
        if not str(options.get("schema", "")).startswith(("https://", "http://", "urn:")):
            found.append("schema: must be the URI of the schema that the destination takes")
        return found

    def check(self, options: Mapping[str, Any]) -> list[str]:
        found = self.faults(options)
        if not current_settings().fit_connect_client_id:
            found.append("OBHUT_FIT_CONNECT_CLIENT_ID is not set")
        return found

    def advance(self, parcel: Parcel, progress: Progress) -> Step:
        if self.check(parcel.options) or not parcel.leika:
            return Step(Outcome.FAILED, progress, "options")
        try:
            return _Sending(parcel, progress, SubmissionApi(current_settings())).step()
        except NotToBeUsed as error:
            return Step(Outcome.FAILED, progress, "destination_key", str(error))
        except Refused as error:
            return _refused(progress, error)


def _refused(progress: Progress, error: Refused) -> Step:
    """What was begun and cannot be finished is begun anew, a few times; it has reached nobody."""
    begun = int(progress.get("begun", 0))
    log.warning("fit_connect_refuses", status=error.status, kind=error.kind)
    if progress.get("submitted"):
        raise Unavailable(str(error))
    if progress.get("submission") and begun < MOST_BEGINNINGS:
        return Step(Outcome.WAIT, {"begun": begun}, f"refused_{error.status}")
    return Step(Outcome.FAILED, {"begun": 0}, f"refused_{error.status}", error.kind)


class _Sending:
    """One step of one submission."""

    def __init__(self, parcel: Parcel, progress: Progress, api: SubmissionApi) -> None:
        self._parcel, self._progress, self._api = parcel, dict(progress), api
        self._destination = str(parcel.options["destination"])
        self._files = {str(file.id): file for file in parcel.files}

    def step(self) -> Step:
        if "submission" not in self._progress:
            return self._announce()
        if self._progress.get("submitted"):
            return self._wait_for_the_receiver()
        announced = self._progress.get("attachments")
        if announced is None or not announced.keys() <= self._files.keys():
            # Begun and left, or a file was destroyed in between: anew, unless it had been submitted before.
            return self._known_to_be_submitted() or self._announce()
        for file_id in announced:
            if file_id not in self._progress["uploaded"]:
                return self._upload(self._files[file_id])
        return self._submit()

    def _announce(self) -> Step:
        attachments = {file_id: str(uuid.uuid4()) for file_id in self._files}
        service = {"name": self._parcel.title, "identifier": LEISTUNG + self._parcel.leika}
        submission, case = self._api.announce(self._destination, list(attachments.values()), service)
        return self._next(
            submission=submission,
            case=case,
            attachments=attachments,
            uploaded={},
            begun=int(self._progress.get("begun", 0)) + 1,
        )

    def _upload(self, file: ParcelFile) -> Step:
        key_id, key = self._key()
        data = file.read()
        token = sealed(data, key, key_id, file.media_type)
        self._api.upload(self._progress["submission"], self._progress["attachments"][str(file.id)], token)
        sent = {"tag": tag_of(token), "sha512": hashlib.sha512(data).hexdigest()}
        return self._next(uploaded=self._progress["uploaded"] | {str(file.id): sent})

    def _submit(self) -> Step:
        if (known := self._known_to_be_submitted()) is not None:
            return known
        key_id, key = self._key()
        data = json.dumps(
            {"$schema": self._parcel.options["schema"], **self._parcel.answers}, ensure_ascii=False
        ).encode()
        content = sealed(data, key, key_id, JSON)
        metadata = sealed(json.dumps(self._metadata(data), ensure_ascii=False).encode(), key, key_id, JSON)
        self._api.submit(self._progress["submission"], metadata, content)
        files = {self._progress["attachments"][one]: sent["tag"] for one, sent in self._progress["uploaded"].items()}
        tags = {"metadata": tag_of(metadata), "data": tag_of(content), "attachments": files}
        return Step(Outcome.HANDED_OVER, self._progress | {"submitted": True, "tags": tags})

    def _known_to_be_submitted(self) -> Step | None:
        """What follows when our process died after the call, or its answer got lost."""
        known = self._log().submitted
        if known is None:
            return None
        tags = known.payload.get("authenticationTags")
        done = {"submitted": True, "tags": tags if isinstance(tags, dict) else {}}
        return Step(Outcome.HANDED_OVER, self._progress | done)

    def _metadata(self, data: bytes) -> dict[str, Any]:
        """What the destination has to know of data and files, after the metadata schema 1.0.0."""
        parcel = self._parcel
        return {
            "$schema": METADATA_SCHEMA,
            "publicServiceType": {"name": parcel.title, "identifier": LEISTUNG + parcel.leika},
            "contentStructure": {
                "data": {
                    "hash": _hash(hashlib.sha512(data).hexdigest()),
                    "submissionSchema": {"schemaUri": parcel.options["schema"], "mimeType": JSON},
                },
                "attachments": [
                    {
                        "attachmentId": attachment,
                        "hash": _hash(self._progress["uploaded"][file_id]["sha512"]),
                        "purpose": "attachment",
                        "filename": self._files[file_id].name,
                        "mimeType": self._files[file_id].media_type,
                    }
                    for file_id, attachment in self._progress["attachments"].items()
                ],
            },
            "additionalReferenceInfo": {
                "senderReference": parcel.reference,
                "applicationDate": parcel.submitted_on.isoformat(),
            },
        }

    def _wait_for_the_receiver(self) -> Step:
        found = self._log()
        if found.accepted is not None:
            named = found.accepted.payload.get("authenticationTags")
            if isinstance(named, dict) and self._progress.get("tags") and named != self._progress["tags"]:
                return Step(Outcome.FAILED, self._progress, "other_content_accepted")
            return Step(Outcome.ACCEPTED, self._progress)
        if found.rejected is not None:
            return Step(Outcome.REJECTED, self._progress, "rejected", _problems(found.rejected))
        return Step(Outcome.WAIT, self._progress)

    def _log(self) -> Log:
        found: dict[str, SetEvent] = {}
        for token in self._api.events(self._progress["case"]):
            try:
                event = read_event(
                    token, self._key_of, self._progress["submission"], self._progress["case"], clock.wall()
                )
            except NotGenuine as error:
                log.warning("fit_connect_event_refused", reason=str(error))
                continue
            by_receiver = event.issuer == self._destination
            # Acceptance is the receiver's alone; a refusal comes from the delivery service, too, when nobody fetches.
            if event.name == "accept-submission" and not by_receiver:
                continue
            if event.name == "submit-submission" and by_receiver:
                continue
            found.setdefault(event.name, event)
        return Log(*(found.get(f"{name}-submission") for name in ("submit", "accept", "reject")))

    def _key(self) -> tuple[str, Any]:
        destination = self._api.destination(self._destination)
        if destination.get("status", "active") != "active":
            raise Unavailable("the destination is not active")
        key_id = str(destination.get("encryptionKid") or "")
        return key_id, encryption_key(self._api.destination_key(self._destination, key_id))

    def _key_of(self, issuer: str, key_id: str) -> Mapping[str, Any]:
        if issuer == self._destination:
            try:
                return self._api.destination_key(self._destination, key_id)
            except Refused:
                raise NotGenuine("the destination has no such key") from None
        if issuer.rstrip("/") != self._api.base:
            raise NotGenuine("of somebody else")
        for key in self._api.service_keys():
            if key.get("kid") == key_id:
                return key
        raise NotGenuine("the delivery service has no such key")

    def _next(self, **more: Any) -> Step:
        return Step(Outcome.GO_ON, self._progress | more)


def _hash(digest: str) -> dict[str, str]:
    return {"type": "sha512", "content": digest}


def _problems(event: SetEvent) -> str:
    """What the receiver found wrong, in its own words (RFC 9457)."""
    problems = event.payload.get("problems")
    listed = problems if isinstance(problems, list) else []
    words = [f"{one.get('title', '')}: {one.get('detail', '')}".strip(": ") for one in listed if isinstance(one, dict)]
    return "; ".join(filter(None, words))[:LONGEST_REMARK]
