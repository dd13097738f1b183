"""What must stand nowhere in the project, and what a text message must never say."""

import re

import pytest

from tests.support import repository

# Written in parts, so that this file does not find itself.
MACHINE_PATHS = re.compile(r"(?<![\w.~$}])/(?:" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + r"me/\w+")) + r")/")
UNFINISHED = re.compile("|".join((r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bX" + r"XX\b", "NotImplemented" + "Error")))
INSTALL_FROM = re.compile(r"--(?:extra-)?index-url|\"resolved\": *\"http|registry *= *\"?http", re.IGNORECASE)
# "Quarantine" in the languages we write in, and what would tell a stranger why the message came.
REVEALING = re.compile(
    r"quarant|karantin|kwarantann|карантин|حجر|isolation|isolierung|ізоляц|изоляц|izolac|izolasyon|عزل"
    r"|covid|corona|sars|masern|measles|infekti|infecti|diagnos|positiv|symptom",
    re.IGNORECASE,
)
NAMING = re.compile(r"given_name|family_name|first_name|last_name|full_name|\bname\b")


@pytest.mark.parametrize("pattern", [MACHINE_PATHS, UNFINISHED], ids=["paths of a machine", "unfinished work"])
def test_nothing_of_a_machine_and_nothing_unfinished(pattern: re.Pattern[str]) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in repository.texts()
        if not name.endswith(".lock") and name != "package-lock.json"
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found


def test_lock_files_name_no_host() -> None:
    locks = {name: text for name, text in repository.texts() if name.endswith(".lock") or name == "package-lock.json"}
    assert {"requirements.lock", "requirements-dev.lock"} <= set(locks)
    for name, text in locks.items():
        assert not INSTALL_FROM.search(text), name
        # A package's licence or funding page in package-lock.json is no registry; a requirement has none at all.
        assert "://" not in text or name == "package-lock.json", name


def test_locked_requirements_all_have_hashes() -> None:
    for name, text in repository.texts():
        if name.endswith(".lock"):
            pinned = re.findall(r"^[a-z0-9][\w.-]*==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
            assert pinned, name
            assert all("--hash=sha256:" in requirement for requirement in pinned), name


def test_text_messages_reveal_nothing() -> None:
    messages = [path for path in repository.files() if re.fullmatch(r"sms\.[\w-]+\.txt", path.name)]
    assert messages
    for path in messages:
        text = path.read_text(encoding="utf-8")
        placeholders = " ".join(re.findall(r"{[{%](.*?)[}%]}", text))
        assert not REVEALING.search(text), path
        assert not NAMING.search(placeholders), path


def test_every_message_is_there_in_german_and_english() -> None:
    kinds: dict[str, set[str]] = {}
    for path in repository.files():
        match = re.fullmatch(r"(sms|email)\.([\w-]+)\.txt", path.name)
        if match:
            kinds.setdefault(f"{path.parent.relative_to(repository.ROOT)}/{match[1]}", set()).add(match[2])
    incomplete = {name: locales for name, locales in kinds.items() if not {"de", "en"} <= locales}
    assert kinds
    assert not incomplete
