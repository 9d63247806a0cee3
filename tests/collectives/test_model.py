"""What the model says of exchanges that nobody has made."""

import pytest

from pympr.collectives.model import PREDICTIONS, USUAL, Places, Volumes, predict

CLUSTER = Places(10_000, 79, 128)


def even(places, bytes_a_rank, peers=None):
    """Every rank has as much for each of its peers, by default for all others."""
    peers = places.ranks - 1 if peers is None else peers
    batches = max(1, -(-bytes_a_rank // (64 << 20)))
    total = bytes_a_rank * places.ranks
    return Volumes(total, peers * places.ranks, bytes_a_rank, peers, bytes_a_rank // max(1, peers), batches)


def best(places, volumes):
    return min(PREDICTIONS, key=lambda variant: predict(variant, volumes, places, USUAL).seconds)


@pytest.mark.parametrize(
    ("places", "bytes_a_rank", "peers", "wanted"),
    [
        (CLUSTER, 1 << 30, None, "flat"),
        (CLUSTER, 1 << 20, None, "two-level"),
        (CLUSTER, 1 << 16, 2, "sparse"),
        (Places(10_000, 10_000, 1), 1 << 10, None, "grid"),
        (Places(4, 4, 1), 1 << 20, None, "flat"),
    ],
)
def test_each_variant_is_for_something(places, bytes_a_rank, peers, wanted):
    assert best(places, even(places, bytes_a_rank, peers)) == wanted


@pytest.mark.parametrize("variant", PREDICTIONS)
def test_more_bytes_never_take_less_time(variant):
    seconds = [predict(variant, even(CLUSTER, 1 << power), CLUSTER, USUAL).seconds for power in range(4, 34, 2)]
    assert seconds == sorted(seconds) and seconds[0] > 0


@pytest.mark.parametrize("variant", PREDICTIONS)
def test_one_rank_with_all_the_rows_takes_longer_than_all_together(variant):
    fair = even(CLUSTER, 1 << 20)
    skewed = fair._replace(most_bytes=fair.total_bytes, batches=20)
    assert predict(variant, skewed, CLUSTER, USUAL).seconds > 5 * predict(variant, fair, CLUSTER, USUAL).seconds


def test_messages_are_those_of_the_schedules():
    volumes = even(CLUSTER, 1 << 20)
    messages = {variant: predict(variant, volumes, CLUSTER, USUAL).messages for variant in PREDICTIONS}
    assert messages == {"flat": 9999, "grid": 198, "two-level": 1, "sparse": 9999}
