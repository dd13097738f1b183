"""What tests of services share."""

from collections.abc import Iterator

import pytest

from tests.support import more_services


@pytest.fixture
def made_up_services() -> Iterator[None]:
    """The services made up for tests are on offer, too."""
    more_services.put_there()
    yield
    more_services.take_away()
