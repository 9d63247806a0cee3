"""The page about scaling is what the model says today."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))


def test_the_page_is_up_to_date():
    from benchmarks.simulate_scaling import MARK, PAGE, tables

    _, mark, generated = PAGE.read_text().partition(MARK)
    assert mark and generated.strip() == tables().strip()


def test_nodes_are_full():
    from benchmarks.simulate_scaling import places_of

    assert [places_of(ranks).nodes for ranks in (1, 1000, 1024)] == [1, 8, 8]
