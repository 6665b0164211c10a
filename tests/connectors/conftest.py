"""What the tests of connectors share."""

import pytest

pytest.register_assert_rewrite("tests.connectors.conformance")
