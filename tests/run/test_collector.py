"""The cycle collector during an action."""

import gc

import pytest

from pympr.run.collector import YOUNG_OBJECTS, rare_collections


@pytest.fixture
def threshold():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize("mine", [(0, 10, 10), (YOUNG_OBJECTS * 2, 5, 5)])
def test_a_users_own_setting_stays(threshold, mine):
    gc.set_threshold(*mine)
    with rare_collections():
        assert gc.get_threshold()[:2] == mine[:2]
    assert gc.get_threshold()[:2] == mine[:2]


def test_it_comes_back_after_an_exception(threshold):
    gc.set_threshold(500, 10, 10)
    with pytest.raises(KeyError), rare_collections():
        raise KeyError
    assert gc.get_threshold()[0] == 500
