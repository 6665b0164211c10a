"""The colours that mean something, for every reader and on both grounds."""

import tomllib
from itertools import combinations
from pathlib import Path

import pytest

from core.models import Status
from tests.ui.colour_vision import VISIONS, contrast, difference
from ui import axes, heat
from ui.history_chart import STATES
from ui.palette import KIND_COLOURS, OTHER_KIND, STATUS_COLOURS
from ui.widgets import BADGES

PILLS_APART = 10.0
"""Four times what is just noticeable: pills are large, and each carries its word."""
LINES_APART = 18.0
"""Lines are thin and stand far from their legend; each has a dash of its own beside its colour."""
LINES_SEEN = 3.0
"""Against their ground (WCAG 2.2, 1.4.11)."""
READABLE = 4.5
THEMES = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]


@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_statuses_differ_in_colour_for_every_reader(vision: str) -> None:
    for one, other in combinations(STATUS_COLOURS.values(), 2):
        assert difference(one, other, vision) >= PILLS_APART, (one, other)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("teal", [axes.TEAL, axes.TEAL_ON_DARK])
def test_any_two_percentiles_differ_in_colour_for_every_reader(teal: str, vision: str) -> None:
    for one, other in combinations((teal, axes.AMBER, axes.RED), 2):
        assert difference(one, other, vision) >= LINES_APART, (one, other)


@pytest.mark.parametrize(("teal", "theme"), [(axes.TEAL, "light"), (axes.TEAL_ON_DARK, "dark")])
def test_every_percentile_stands_out_from_its_ground(teal: str, theme: str) -> None:
    for colour in (teal, axes.AMBER, axes.RED):
        assert contrast(colour, THEMES[theme]["backgroundColor"]) >= LINES_SEEN, colour


@pytest.mark.parametrize(("colours", "theme"), [(axes.LINES, "light"), (axes.LINES_ON_DARK, "dark")])
def test_every_line_of_many_stands_out_from_its_ground(colours: tuple[str, ...], theme: str) -> None:
    for colour in colours:
        assert contrast(colour, THEMES[theme]["backgroundColor"]) >= LINES_SEEN, colour


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("colours", [axes.LINES, axes.LINES_ON_DARK])
def test_lines_of_one_dash_differ_in_colour_for_every_reader(colours: tuple[str, ...], vision: str) -> None:
    assert len(colours) == 2 * axes.OF_ONE_DASH
    for one, other in combinations(colours[: axes.OF_ONE_DASH], 2):
        assert difference(one, other, vision) >= PILLS_APART, (one, other)
    for one, other in combinations(colours[axes.OF_ONE_DASH :], 2):
        assert difference(one, other, vision) >= PILLS_APART, (one, other)


def test_a_state_is_never_told_by_colour_alone() -> None:
    assert len({icon for _, icon in BADGES.values()}) == len(Status)
    assert len({height for _, height in STATES.values()}) == len(STATES)


@pytest.mark.parametrize("colour", [*STATUS_COLOURS.values(), *KIND_COLOURS.values(), OTHER_KIND])
def test_white_words_on_a_pill_are_readable(colour: str) -> None:
    assert contrast("#FFFFFF", colour) >= READABLE


@pytest.mark.parametrize(("words", "colours"), [(heat.WORDS, heat.ON_LIGHT), (heat.WORDS_ON_DARK, heat.ON_DARK)])
def test_words_on_a_field_of_hours_are_readable(words: str, colours: tuple[str, ...]) -> None:
    for colour in colours:
        assert contrast(words, colour) >= READABLE, colour


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("words", ["textColor", "linkColor"])
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
def test_words_are_readable_on_both_grounds(ground: str, words: str, theme: str) -> None:
    assert contrast(THEMES[theme][words], THEMES[theme][ground]) >= READABLE


def test_the_simulation_agrees_with_known_values() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21, abs=0.01)
    assert difference("#000000", "#FFFFFF", "common") == pytest.approx(100, abs=0.1)
    for vision in VISIONS:
        assert difference("#404040", "#404040", vision) == 0
        assert difference("#FFFFFF", "#000000", vision) == pytest.approx(100, abs=0.1)
