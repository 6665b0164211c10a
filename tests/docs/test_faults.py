"""docs/Faults.md says what the cells are held to."""

from tests.faults import page


def test_the_page_is_what_the_expectations_say():
    assert page.PAGE.read_text("utf-8") == page.text(), "python -m tests.faults --write"
