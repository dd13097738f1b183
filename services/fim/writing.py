"""A definition as a file that people go on editing, with comments where work is left. Pure."""

import re
from collections.abc import Sequence
from typing import Any

import yaml

from services.fim.conversion import COMMENT, Converted, ToDo

MARK = "TO DO"
_COMMENT = re.compile(rf"^( *)(- )?'{COMMENT}': (.*)$", re.MULTILINE)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, lists set in: as people write such files."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and not re.search(r"[ \t]$", value, re.MULTILINE) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(converted: Converted, source: str) -> str:
    """The file. `source` says where it came from."""
    open_keys = {one.where: one.text for one in converted.to_do if one.where in converted.content}
    lines = [f"# {source}", f"# Where “{MARK}” stands, somebody has to decide or to look.", ""]
    for key, value in converted.content.items():
        if key in open_keys:
            lines.append(f"# {MARK}: {open_keys[key]}")
        lines.append(_dump({key: value}))
    return "\n".join(lines) + "\n"


def _dump(content: dict[str, Any]) -> str:
    made: str = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100_000)
    return _COMMENT.sub(_comment, made).rstrip("\n")


def _comment(found: re.Match[str]) -> str:
    said = yaml.safe_load(found[3])
    return f"{found[1]}# {MARK}: {said}"


def report(to_do: Sequence[ToDo]) -> list[str]:
    """The lines that are told to whoever imports."""
    return [f"to do: {one}" for one in to_do]
