"""The files of the project, for tests about the project itself."""

import ast
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("auth", "care", "config", "notifications", "services")
NOT_OURS = {".git", ".venv", "var", "node_modules", "vendor", "__pycache__", "versions"}
BINARY = {".png", ".jpg", ".ico", ".woff2", ".xlsx", ".pdf", ".mo", ".gz", ".sqlite3"}


@lru_cache
def files() -> tuple[Path, ...]:
    """All files under version control; without git, those that are not obviously made."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return tuple(p for p in ROOT.rglob("*") if p.is_file() and not NOT_OURS.intersection(p.relative_to(ROOT).parts))
    return tuple(path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file())


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every text file."""
    for path in files():
        if path.suffix not in BINARY:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace")


def product_code() -> Iterator[Path]:
    """Python files of the rooms; migrations are written by a tool and never change."""
    for path in files():
        parts = path.relative_to(ROOT).parts
        if path.suffix == ".py" and parts[0] in ROOMS and "versions" not in parts:
            yield path


def imports_of(path: Path) -> Iterator[str]:
    """Full names of what a file imports: modules, and names imported from modules."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
