"""What can be asked of saved views. Pure."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=80)]
MOST_OF_ONE = 50


Filters = Annotated[dict[str, Annotated[str, Field(max_length=80)]], Field(max_length=80)]
"""Filters of a list as they stand in its address, by name."""


class Command(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class SaveView(Command):
    """Keep filters and order of a list under a name; `wanted`: as they stand in its address."""

    name: Name
    is_shared: bool = False
    wanted: Filters


class ViewAction(StrEnum):
    RENAME = "rename"
    SHARE = "share"
    UNSHARE = "unshare"
    BEGIN_HERE = "begin_here"  # the owner's lists begin with it
    BEGIN_ANEW = "begin_anew"  # and no longer do
    DELETE = "delete"


class ChangeView(Command):
    """`name`: for renaming."""

    action: ViewAction
    name: Name | None = None
