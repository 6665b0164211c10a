"""Colours as readers see them who tell fewer apart, and how far apart two of them are."""

from types import MappingProxyType

Rgb = tuple[float, float, float]
Matrix = tuple[Rgb, Rgb, Rgb]

VISIONS = MappingProxyType(
    {
        "common": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        "protanopia": (
            (0.152286, 1.052583, -0.204868),
            (0.114503, 0.786281, 0.099216),
            (-0.003882, -0.048116, 1.051998),
        ),
        "deuteranopia": (
            (0.367322, 0.860646, -0.227968),
            (0.280085, 0.672501, 0.047413),
            (-0.011820, 0.042940, 0.968881),
        ),
        "tritanopia": (
            (1.255528, -0.076749, -0.178779),
            (-0.078411, 0.930809, 0.147602),
            (0.004733, 0.691367, 0.303900),
        ),
    }
)
"""On linear RGB, severity 1.0: Machado, Oliveira and Fernandes, 2009, doi:10.1109/TVCG.2009.113."""

_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_WHITE = (0.9505, 1.0, 1.089)


def contrast(one: str, other: str) -> float:
    """From 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_times(_TO_XYZ, _linear(each))[1] for each in (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def difference(one: str, other: str, vision: str) -> float:
    """CIE76: the distance in CIELAB (D65); about 2.3 is just noticeable side by side."""
    pairs = zip(_lab(one, vision), _lab(other, vision), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def _lab(colour: str, vision: str) -> Rgb:
    seen = _times(VISIONS[vision], _linear(colour))
    inside = (min(max(seen[0], 0.0), 1.0), min(max(seen[1], 0.0), 1.0), min(max(seen[2], 0.0), 1.0))
    x, y, z = (_root(value / white) for value, white in zip(_times(_TO_XYZ, inside), _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(share: float) -> float:
    return float(share ** (1 / 3)) if share > 216 / 24389 else (24389 / 27 * share + 16) / 116


def _linear(colour: str) -> Rgb:
    red, green, blue = (_channel(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def _channel(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _times(matrix: Matrix, by: Rgb) -> Rgb:
    x, y, z = (sum(a * b for a, b in zip(row, by, strict=True)) for row in matrix)
    return x, y, z
