"""The matrix of faults: what becomes of every kind of source when it breaks."""

import pytest

pytest.register_assert_rewrite("tests.faults.cell")
