"""The conductor, digests and generators of the benchmarks."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))


def test_a_wrong_digest_is_found():
    from benchmarks import schedule

    def engine(digest):
        return {"repetitions": [{"digest": digest}]}

    record = {"engines": {"pympr": engine([1]), "polars": engine([2]), "duckdb": engine([2])}}
    schedule.compare(record)
    assert record["wrong"] == ["pympr"]
    record = {"engines": {"pympr": engine([1]), "polars": engine([2])}}
    schedule.compare(record)
    assert record["wrong"] == ["pympr"]


def test_a_failing_engine_is_reported_with_its_words(tmp_path):
    from benchmarks.participant import Participant, ParticipantError

    with pytest.raises(ParticipantError, match="absent.npy"):
        Participant("numpy", "numpy_engine", "sort", {"keys": str(tmp_path / "absent.npy")}, 1, [], 30)


def test_an_engine_past_its_time_is_ended(tmp_path):
    from benchmarks import process
    from benchmarks.participant import Participant, ParticipantError

    np.save(tmp_path / "keys.npy", np.arange(10**6))
    participant = Participant("numpy", "numpy_engine", "sort", {"keys": str(tmp_path / "keys.npy")}, 1, [], 30)
    participant.limit_seconds = 0
    with pytest.raises(ParticipantError, match="ran past"):
        os.kill(participant.child.pid, 19)
        participant.repeat()
    os.kill(participant.child.pid, 18)
    participant.close()
    assert participant.child.pid not in process.tree(os.getpid())


@pytest.mark.parametrize("rows", [1, 9, 1000])
def test_digests_see_a_changed_row(rows):
    from benchmarks import digests

    values = np.arange(rows)
    changed = values.copy()
    changed[rows // 2] += 1
    assert digests.of_sequence(values) != digests.of_sequence(changed)
    assert digests.of_columns(values, values) != digests.of_columns(values, changed)


def test_generators_give_the_same_bytes_again(tmp_path):
    from benchmarks.data import arrays, text, weblog

    for write, size in (
        (text.write_text, (2000, 500)),
        (weblog.write_weblog, (10_000,)),
        (arrays.write_records, (50,)),
    ):
        write(tmp_path / "first", *size)
        write(tmp_path / "second", *size)
        assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_text_has_the_words_it_was_asked_for(tmp_path):
    from benchmarks.data import text

    text.write_text(tmp_path / "text", 5000, 100)
    words = (tmp_path / "text").read_text(encoding="utf-8").split()
    assert len(words) == 5000 and len(set(words)) == 100


def test_tables_show_wrong_and_failed_engines_without_times():
    from benchmarks import report

    done = {
        "seconds": 1.0,
        "warm": True,
        "digest": [2],
        "foreign_cores": 0.0,
        "peak_rss_bytes": [1],
        "cpu_seconds": 1.0,
    }
    hello = {"versions": "x", "startup_seconds": 0.1, "load_seconds": 0.1}
    record = {
        "family": "sort",
        "name": "x",
        "title": "t",
        "rows": 1,
        "input_bytes": 8,
        "ranks": 2,
        "aims": {"fastest": 2},
        "remark": "",
        "when": "2000-01-01 00:00",
        "machine": dict.fromkeys(("processor", "cores", "memory", "system", "python", "mpi"), "?"),
        "wrong": ["pympr"],
        "engines": {
            "pympr": {"repetitions": [done], **hello},
            "polars": {"repetitions": [done | {"digest": [3]}], **hello},
            "duckdb": {"repetitions": [done], "failure": "broke", **hello},
        },
    }
    text = report.body([record])
    assert "| pympr | wrong |" in text and "| duckdb | failed |" in text and "duckdb failed: broke" in text
    assert "WRONG: pympr" in text and "| polars | 1.00 [1.00-1.00] |" in text
