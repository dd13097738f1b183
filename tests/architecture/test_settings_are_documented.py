"""Every setting stands in docs/configuration.md, and nothing that is no setting."""

import re

from config.settings import PREFIX, Settings
from tests.support import repository

PAGE = repository.ROOT / "docs" / "configuration.md"
# Read from the environment by what stands before the settings.
FOR_TESTS = re.compile(r"OBHUT_TEST_")


def test_settings_and_page_agree() -> None:
    documented = set(re.findall(rf"`({PREFIX}[A-Z_]+)`", PAGE.read_text(encoding="utf-8")))
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    assert settings <= documented, f"not in {PAGE.name}: {sorted(settings - documented)}"
    unknown = {name for name in documented - settings if not FOR_TESTS.match(name)}
    assert not unknown


def test_code_reads_no_setting_past_the_settings() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    wrong = [
        f"{path.relative_to(repository.ROOT)}: {name}"
        for path in repository.product_code()
        for name in re.findall(rf"environ[^\n]*?({PREFIX}[A-Z_]+)", path.read_text(encoding="utf-8"))
        if name not in known
    ]
    assert not wrong
