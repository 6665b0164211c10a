"""New settings of a source are tried before they take the old ones' place, unless the person says not to."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.models import Source
from tests.fakes import Step
from tests.ui.conftest import texts
from tests.ui.house import House
from tests.ui.test_two_editors import opened, present, save, source

__all__ = ["source"]


def field(app: AppTest, name: str) -> Any:
    return next(each for each in app.text_input if (each.key or "").endswith(f"fake_{name}"))


def test_settings_that_do_not_work_leave_the_old_ones(house: House, source: Source) -> None:
    app = opened(house, source)
    field(app, "host").input("elsewhere")
    field(app, "password").input("Zq9-typed").run()
    house.made.other_end.will(Step.AUTH, host="elsewhere")
    save(app)
    assert "چیزی تغییر نکرد" in texts(app)
    assert present(house, source).config["host"] == "there"
    assert field(app, "host").value == "elsewhere"
    house.made.other_end.will(Step.OK, host="elsewhere")
    save(app)
    assert present(house, source).config["host"] == "elsewhere"


@pytest.mark.parametrize("first", [True, False])
def test_who_says_so_saves_without_a_trial(house: House, source: Source, first: bool) -> None:
    app = opened(house, source)
    field(app, "host").input("elsewhere")
    field(app, "password").input("Zq9-typed").run()
    house.made.other_end.will(Step.AUTH, host="elsewhere")
    assert app.toggle(key="edit_verify").value
    app.toggle(key="edit_verify").set_value(first)
    save(app)
    assert (present(house, source).config["host"] == "elsewhere") is not first


def test_a_name_needs_no_trial(house: House, source: Source) -> None:
    app = opened(house, source)
    app.text_input(key="edit_name").input("تازه").run()
    assert "edit_verify" not in {toggle.key for toggle in app.toggle}
