"""Which request shows what an entry of PostgreSQL's catalogue holds."""

import pytest

from core.connectors.kinds.postgres import PostgresConnector
from core.models import CatalogEntry


@pytest.mark.parametrize("kind", ["table", "view"])
def test_a_table_or_view_is_asked_for_by_its_whole_name(kind: str) -> None:
    entry = CatalogEntry("orders", 'sales."My orders"', kind, None, True)
    assert PostgresConnector.params_for(entry) == {"table": 'sales."My orders"', "limit": 50}


@pytest.mark.parametrize("kind", ["schema", "integer"])
def test_a_level_above_or_a_column_has_no_request(kind: str) -> None:
    assert PostgresConnector.params_for(CatalogEntry("public", "public", kind)) == {}
