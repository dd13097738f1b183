"""The module picture: which room may know which, and how long a file may get."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support import repository

MOST_LINES = 300
EDGE = re.compile(r"(views|api|open311|webhooks)(_.*)?")
MODELS = re.compile(r"(auth|care|notifications|services)\.(\w+_)?models\b")
COMMAND_LINE = ("config.cli", "config.command_line", "config.demo")


def _contracts() -> dict[str, dict[str, list[str]]]:
    configured = tomllib.loads((repository.ROOT / "pyproject.toml").read_text())
    return {contract["id"]: contract for contract in configured["tool"]["importlinter"]["contracts"]}


def test_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=repository.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_of_config_has_its_storey() -> None:
    placed = [name.strip() for layer in _contracts()["rooms"]["layers"] for name in re.split("[|:]", layer)]
    config = repository.ROOT / "config"
    found = {
        f"config.{path.stem if path.is_file() else path.name}"
        for path in config.iterdir()
        if (path.suffix == ".py" and path.name != "__init__.py") or (path / "__init__.py").exists()
    }
    assert found == {name for name in placed if name.startswith("config.")}
    assert len(placed) == len(set(placed))


def test_config_itself_is_empty() -> None:
    assert not (repository.ROOT / "config" / "__init__.py").read_text().strip()


def test_edges_never_import_models() -> None:
    wrong = [
        f"{path.relative_to(repository.ROOT)} imports {name}"
        for path in repository.product_code()
        if EDGE.fullmatch(path.stem)
        for name in repository.imports_of(path)
        if MODELS.match(name)
    ]
    assert not wrong


def test_rows_are_locked_in_one_way() -> None:
    """ADR 38: a lock of another kind somewhere is a deadlock somewhere else."""
    wrong = [
        str(path.relative_to(repository.ROOT))
        for path in repository.product_code()
        if "with_for_update" in path.read_text() or "FOR UPDATE" in path.read_text()
    ]
    assert wrong == ["config/database.py"]


def test_only_the_command_line_knows_the_sandbox() -> None:
    wrong = [
        f"{path.relative_to(repository.ROOT)} imports {name}"
        for path in repository.product_code()
        if not _module(path).startswith(("config.sandbox", *COMMAND_LINE))
        for name in repository.imports_of(path)
        if name == "config.sandbox" or name.startswith("config.sandbox.")
    ]
    assert not wrong


def test_no_file_serves_too_many_purposes() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in repository.product_code()}
    long = {str(path.relative_to(repository.ROOT)): count for path, count in lengths.items() if count > MOST_LINES}
    assert not long


def _module(path: Path) -> str:
    return ".".join(path.relative_to(repository.ROOT).with_suffix("").parts)
