"""Distances of a town."""

import pytest
from hypothesis import given, strategies as st

from services.near import box_around, cell_of, cells_around, distance_m


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        ((52.0, 10.0), (53.0, 10.0), 111_195),  # a degree of a great circle
        ((52.264, 10.523), (52.264, 10.523), 0),
        ((52.0, 10.0), (52.0, 11.0), 68_458),
        ((0.0, 0.0), (0.0, 1.0), 111_195),
    ],
)
def test_known_distances(one: tuple[float, float], other: tuple[float, float], metres: int) -> None:
    assert distance_m(*one, *other) == pytest.approx(metres, abs=1)


@given(st.floats(47, 55), st.floats(6, 15), st.floats(-0.004, 0.004), st.floats(-0.006, 0.006))
def test_the_box_holds_all_that_is_near(latitude: float, longitude: float, up: float, along: float) -> None:
    box = box_around(latitude, longitude, 250)
    if distance_m(latitude, longitude, latitude + up, longitude + along) <= 250:
        assert box.south <= latitude + up <= box.north
        assert box.west <= longitude + along <= box.east


@given(
    st.floats(47, 55),
    st.floats(6, 15),
    st.floats(-0.05, 0.05),
    st.floats(-0.08, 0.08),
    st.sampled_from([50, 250, 5000]),
)
def test_the_cells_hold_all_that_is_near(
    latitude: float, longitude: float, up: float, along: float, metres: int
) -> None:
    there = (latitude + up * metres / 5000, longitude + along * metres / 5000)
    cells = cells_around(latitude, longitude, metres)
    assert cell_of(latitude, longitude, metres) in cells
    assert len(cells) <= 16
    if distance_m(latitude, longitude, *there) <= metres:
        assert cell_of(*there, metres) in cells
