"""The page about scaling is what the model says today."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.simulate_scaling import MARK, PAGE, places_of, tables  # noqa: E402


def test_the_page_is_up_to_date():
    _, mark, generated = PAGE.read_text().partition(MARK)
    assert mark and generated.strip() == tables().strip()


def test_nodes_are_full():
    assert places_of(1000).nodes == 8
