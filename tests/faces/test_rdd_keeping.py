"""Kept rows: levels, copies, checkpoints, and iterating over kept partitions."""

import os

import pytest

from pympr import StorageLevel

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]
LEVELS = [name for name in vars(StorageLevel) if name.isupper() and name != "NONE"]


def everywhere(sc, value):
    from pympr.collectives.gather import allgather_objects

    return allgather_objects(sc._session.world, value)


def kept(sc, rdd):
    return sc._session.executor.kept.get(rdd.id())


@pytest.mark.parametrize("name", LEVELS)
def test_levels_mean_what_they_say(sc, name):
    level, calls = getattr(StorageLevel, name), []
    rdd = sc.range(50, numSlices=5).map(lambda x: calls.append(x) or (x, str(x), [x])).persist(level)
    expected = [(x, str(x), [x]) for x in range(50)]
    assert rdd.collect() == expected and rdd.collect() == expected
    assert sorted(x for part in everywhere(sc, calls) for x in part) == list(range(50))
    pieces = kept(sc, rdd).pieces
    files = [piece.path for piece in pieces.values() if hasattr(piece, "path")]
    assert len(files) == (0 if level.useMemory else len(pieces))
    wanted = min(level.replication, sc.size)
    held = everywhere(sc, [sorted(pieces), *(sorted(copy) for copy in kept(sc, rdd).copies.values())])
    assert sorted(index for rank in held for copy in rank for index in copy) == sorted([*range(5)] * wanted)
    for rank in held:
        assert len({index for copy in rank for index in copy}) == sum(map(len, rank))
    rdd.unpersist()
    assert kept(sc, rdd) is None and not any(map(os.path.exists, files)) and not rdd.is_cached


def test_what_does_not_fit_goes_to_disk(sc):
    memory = sc._session.executor.memory
    limit, memory.keep_limit_bytes = memory.keep_limit_bytes, memory.kept_bytes + 3000
    try:
        rdd = sc.range(4000, numSlices=16).persist(StorageLevel.MEMORY_AND_DISK)
        assert rdd.sum() == rdd.sum() == 4000 * 3999 // 2
        on_disk = [hasattr(piece, "path") for piece in kept(sc, rdd).pieces.values()]
        assert sum(on_disk) == max(len(on_disk) - 1, 0)
        rdd.unpersist()
    finally:
        memory.keep_limit_bytes = limit


def remove_files(sc, rdd, copies=False):
    pieces = kept(sc, rdd)
    for found in (pieces.pieces, *(pieces.copies.values() if copies else ())):
        for piece in found.values():
            os.remove(piece.path)
    everywhere(sc, None)


def test_files_that_are_gone_come_back_from_copies_or_are_computed_again(sc):
    calls = []
    rdd = sc.range(20, numSlices=6).map(lambda x: calls.append(x) or x).persist(StorageLevel.DISK_ONLY_2)
    assert rdd.count() == 20
    remove_files(sc, rdd)
    assert rdd.collect() == list(range(20))
    assert sum(map(len, everywhere(sc, calls))) == (40 if sc.size == 1 else 20)
    remove_files(sc, rdd, copies=True)
    assert rdd.collect() == list(range(20))
    assert sum(map(len, everywhere(sc, calls))) == (60 if sc.size == 1 else 40)
    rdd.unpersist()


def test_a_damaged_file_is_an_error(sc):
    from pympr.errors import InputError

    rdd = sc.range(20, numSlices=6).map(str).persist(StorageLevel.DISK_ONLY)
    rdd.count()
    for piece in kept(sc, rdd).pieces.values():
        with open(piece.path, "r+b") as file:
            file.seek(-1, os.SEEK_END)
            last = file.read(1)
            file.seek(-1, os.SEEK_END)
            file.write(bytes([last[0] ^ 1]))
    everywhere(sc, None)
    with pytest.raises(InputError, match="kept rows were damaged"):
        rdd.count()
    rdd.unpersist()
    assert rdd.count() == 20


def test_the_level_of_kept_rows_does_not_change(sc):
    rdd = sc.range(3).persist(StorageLevel.DISK_ONLY)
    assert rdd.persist(StorageLevel.DISK_ONLY) is rdd
    with pytest.raises(ValueError, match="cannot change the storage level"):
        rdd.cache()
    assert rdd.unpersist().cache().getStorageLevel() == StorageLevel.MEMORY_ONLY
    assert sc.range(3).getStorageLevel() == StorageLevel.NONE
    rdd.unpersist()


@pytest.fixture
def folder(sc, mpi_tmp_path):
    return str(mpi_tmp_path)


def test_checkpoint(sc, folder):
    calls = []
    rdd = sc.range(10, numSlices=4).map(lambda x: calls.append(x) or x)
    before = sc._checkpoint_dir
    sc._checkpoint_dir = None
    with pytest.raises(RuntimeError, match="Checkpoint directory has not been set"):
        rdd.checkpoint()
    sc.setCheckpointDir(folder)
    above = rdd.map(lambda x: x + 1)
    rdd.checkpoint()
    assert not rdd.isCheckpointed() and rdd.getCheckpointFile() is None
    assert above.sum() == 55 and above.sum() == 55 and rdd.collect() == list(range(10))
    assert sum(map(len, everywhere(sc, calls))) == 10
    assert rdd.isCheckpointed() and rdd.getCheckpointFile().startswith(sc.getCheckpointDir())
    assert sorted(os.listdir(rdd.getCheckpointFile())) == [f"part-{i:05d}" for i in range(4)]
    assert rdd.zip(above).collect() == [(x, x + 1) for x in range(10)]
    sc._checkpoint_dir = before


def test_local_iterator(sc):
    calls = []
    rdd = sc.range(10, numSlices=4).map(lambda x: calls.append(x) or x)
    assert list(rdd.toLocalIterator()) == list(range(10))
    assert sum(map(len, everywhere(sc, calls))) == 10
    found = rdd.toLocalIterator()
    assert next(found) == 0 and next(found) == 1
    found.close()
    assert not rdd.is_cached and list(sc.emptyRDD().toLocalIterator()) == []


def test_run_job(sc):
    rdd = sc.range(12, numSlices=4).map(lambda x: (x % 4, x)).partitionBy(4, lambda key: key).values()
    assert sc.runJob(rdd, list, [3, 1, 3]) == [3, 7, 11, 1, 5, 9, 3, 7, 11]
    assert sc.runJob(rdd, lambda items: [sum(items)]) == [12, 15, 18, 21] and sc.runJob(rdd, list, []) == []
    with pytest.raises(IndexError, match="partition 4 of 4"):
        sc.runJob(rdd, list, [4])
