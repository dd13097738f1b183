"""How far two places are apart. Pure; for distances of a town, on a sphere."""

from math import asin, cos, degrees, radians, sin, sqrt
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
