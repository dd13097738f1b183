"""What can be asked of this server, as frozen values. Pure."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.commands import Upload

MOST_PER_PAGE = 1_000
SPAN_DAYS = 90
MOST_FILES = 5


class Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wanted(Command):
    """Which reports: by their ids, which overrides all else, or by service, status and the day they came in (UTC)."""

    ids: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    since: datetime
    until: datetime
    page: int = Field(default=1, ge=1)
    page_size: int = Field(default=MOST_PER_PAGE, ge=1, le=MOST_PER_PAGE)


class Report(Command):
    """A report as it arrived. `attributes` by code; `contact` by GeoReport's names.

    `unreadable`: names that were meant for attributes; `files_left_out`: how many more files came than are taken.
    """

    service_code: str
    lat: str = ""
    long: str = ""
    address: str = ""
    address_id: str = ""
    description: str = ""
    media_url: str = ""
    contact: dict[str, str] = Field(default_factory=dict)
    attributes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    files: tuple[Upload, ...] = ()
    unreadable: tuple[str, ...] = ()
    files_left_out: int = 0

    @property
    def any_address(self) -> str:
        """The address, or the number that it has in a register of the sender's, which people have to look up."""
        return self.address or (f"address_id {self.address_id}" if self.address_id else "")

    def said(self) -> dict[str, Any]:
        """What was said beside attributes and files, by the names of `definition_parts.Open311`."""
        place = {"lat": self.lat, "lon": self.long} if self.lat or self.long else None
        return {
            "description": self.description,
            "location": place,
            "address": self.any_address,
            "media_url": self.media_url,
        }


class Comment(Command):
    """Something added to a report, as FixMyStreet sends it. `update_id` is its number over there.

    `status` is what its author takes the report to be, such as FIXED: for the office to know; nothing changes by it.
    """

    reference: str
    update_id: str = Field(max_length=80)
    description: str = Field(default="", max_length=4_000)
    status: str = ""
    media_url: str = Field(default="", max_length=2_000)
    author: dict[str, str] = Field(default_factory=dict)
    files: tuple[Upload, ...] = ()

    @property
    def says_more_than_open(self) -> bool:
        """Whether the status is news."""
        return self.status.lower() not in ("", "open")
