"""What a sample says of how it came about."""

from pathlib import Path

from core.models import SourceDraft
from tests.services.assembly import product
from tests.services.test_last_good import sample
from tests.services.test_sources import ADMIN, create

SECRET = "Zq7-kept-to-itself"


def test_it_says_what_was_asked_as_the_audit_keeps_it_when_and_how_long_it_might_take(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made, SourceDraft("fake", "orders", {"host": "a", "password": SECRET}))
        found = sample(made, source, table=f"orders {SECRET}", limit=3)
        assert found.asked == {"table": "orders •••", "limit": 3}
        assert found.ts is not None
        assert found.ts.tzinfo is not None
        assert (found.time_limit_s or 0) > 0


def test_the_last_good_one_keeps_its_own_time(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        first = sample(made, source)
        again = made.runtime.run(made.runtime.sources.last_sample(ADMIN, "main", source.id))
        assert again is not None
        assert again.result.ts == first.ts
