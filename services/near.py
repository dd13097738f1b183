"""How far two places are apart. Pure; for distances of a town, on a sphere."""

from math import asin, cos, degrees, floor, radians, sin, sqrt
from typing import NamedTuple

EARTH_M = 6_371_008.8  # mean radius (IUGG)


class Box(NamedTuple):
    """Degrees north and east (WGS 84)."""

    south: float
    north: float
    west: float
    east: float


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres between two places in degrees (WGS 84), by the haversine formula."""
    up, along = radians(other_latitude - latitude) / 2, radians(other_longitude - longitude) / 2
    half = sin(up) ** 2 + cos(radians(latitude)) * cos(radians(other_latitude)) * sin(along) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


def box_around(latitude: float, longitude: float, metres: float) -> Box:
    """The box in which everything lies that is at most `metres` away. Not for the poles or the date line."""
    up = degrees(metres / EARTH_M)
    along = degrees(metres / (EARTH_M * max(cos(radians(latitude)), 0.01)))
    return Box(latitude - up, latitude + up, longitude - along, longitude + along)


def cell_of(latitude: float, longitude: float, metres: float) -> str:
    """The cell of a grid in which a place lies; cells are `metres` high and about as wide."""
    row = _row(latitude, metres)
    return f"{row}:{floor(longitude / _width(row, metres))}"


def cells_around(latitude: float, longitude: float, metres: float) -> list[str]:
    """The cells in which everything lies that is at most `metres` away. Not for the poles or the date line."""
    box = box_around(
        latitude, longitude, metres * 1.01
    )  # along a circle of latitude it is further than as the crow flies
    found = []
    for row in range(_row(box.south, metres), _row(box.north, metres) + 1):
        width = _width(row, metres)
        found += [f"{row}:{column}" for column in range(floor(box.west / width), floor(box.east / width) + 1)]
    return found


def _row(latitude: float, metres: float) -> int:
    return floor(radians(latitude) * EARTH_M / metres)


def _width(row: int, metres: float) -> float:
    """Degrees of longitude that the cells of a row are wide."""
    return degrees(metres / (EARTH_M * max(cos(row * metres / EARTH_M), 0.01)))
