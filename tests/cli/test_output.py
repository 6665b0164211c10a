"""What commands print of what others wrote."""

import pytest

from core.cli.kinds import parse
from core.cli.output import show
from core.errors import InvalidInput


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("فروش\tتهران", "فروش\tتهران"),
        ("a\x1b]0;x\x07b", "a\\x1b]0;x\\x07b"),
        ("a\nhealthy\tb", "a\\nhealthy\tb"),
        ("\x9b2J\u202e", "\\x9b2J\\u202e"),
    ],
)
def test_a_name_moves_no_cursor_and_passes_for_no_other_line(
    name: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show({}, False, name)
    assert capsys.readouterr().out == f"{printed}\n"


@pytest.mark.parametrize("text", ['{"limit": NaN}', '{"limit": -Infinity}', "[]", "x"])
def test_what_is_no_json_object_is_named_by_its_option(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse("params", text)
    assert [field.field for field in refused.value.fields] == ["params"]
