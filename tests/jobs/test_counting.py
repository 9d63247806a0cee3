"""wordcount, trigrams and logcount count as Python's Counter does."""

import collections
import random

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, 8, nightly=True)]


def top(counts, number):
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:number]


def table(out):
    """The numbers and names of the first table."""
    rows = [line.strip().split("  ", 1) for line in out[1:]]
    return [(name, int(count.replace(",", ""))) for count, *rest in rows if rest for name in rest]


def saved(folder):
    lines = [line for path in sorted(folder.glob("part-*")) for line in path.read_text().splitlines()]
    return lines, len(list(folder.glob("part-*")))


def test_wordcount(sc, call, corpus, mpi_tmp_path):
    folder, lines = corpus
    counts = collections.Counter(word for line in lines for word in line.split())
    code, out, err = call("wordcount", folder, "--top", 25, "--no-report")
    assert code == 0 and err == []
    if sc.rank == 0:
        assert out[0].split() == ["count", "word"] and table(out[:26]) == top(counts, 25)
        assert out[26].startswith(f"{sum(counts.values()):,} words, ") and len(out) == 27
    code, out, err = call("wordcount", folder, "--output", mpi_tmp_path / "out", "--no-report")
    assert code == 0
    lines, files = saved(mpi_tmp_path / "out")
    assert {word: int(count) for word, count in (line.split("\t") for line in lines)} == counts
    assert len(lines) == len(counts) and files == 8
    if sc.rank == 0:
        assert out[0] == f"output: {mpi_tmp_path / 'out'}" and " MB/s" in out[1] and len(out) == 2


def test_wordcount_with_output_and_table(sc, call, put, mpi_tmp_path):
    path = put("text", "b a\n b\n")
    code, out, _ = call("wordcount", path, "--output", mpi_tmp_path / "both", "--parts", 3, "--top", 1, "--no-report")
    lines, files = saved(mpi_tmp_path / "both")
    assert code == 0 and sorted(lines) == ["a\t1", "b\t2"] and files == 3
    if sc.rank == 0:
        assert out[:2] == ["count  word", "    2  b"]


def test_trigrams(sc, call, corpus, mpi_tmp_path):
    folder, lines = corpus
    counts = collections.Counter()
    for line in lines:
        words = line.split()
        counts.update(" ".join(words[i : i + 3]) for i in range(len(words) - 2))
    code, out, _ = call("trigrams", folder, "--no-report")
    assert code == 0
    if sc.rank == 0:
        assert table(out[:21]) == top(counts, 20) and out[21].startswith(f"{len(lines):,} lines, ")
    assert call("trigrams", folder, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    found = [line.split("\t") for line in saved(mpi_tmp_path / "out")[0]]
    assert {sequence: int(count) for sequence, count in found} == counts


AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "Mozilla/5.0 (Linux; Android 14; SM-G991B) AppleWebKit/537.36 Chrome/125.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Version/17.5 Mobile/15E148 Safari/604.1",
    "curl/8.5.0",
    "-",
    "Робот/1.0",
]


def log_lines(number):
    drawn = random.Random(7)
    for _ in range(number):
        if drawn.random() < 0.02:
            yield drawn.choice(["", "garbage", '127.0.0.1 - - [x] "GET / HTTP/1.1" 400 0', '"'])
        agent = drawn.choice(AGENTS)
        request = f"GET /{drawn.random()} HTTP/1.1"
        yield f'10.0.0.{drawn.randrange(256)} - - [10/Oct/2024:13:55:36 +0000] "{request}" 200 1 "-" "{agent}"'


def test_logcount(sc, call, put, mpi_tmp_path):
    lines = list(log_lines(5000))
    requests = [line.rsplit('"', 2)[1] for line in lines if '" "' in line]
    counts, path = collections.Counter(requests), put("access.log", "\n".join(lines))
    code, out, _ = call("logcount", path, "--no-report")
    assert code == 0 and len(counts) == len(AGENTS)
    if sc.rank == 0:
        mobile = {agent: count for agent, count in counts.items() if "Mobile" in agent}
        other = {agent: count for agent, count in counts.items() if "Mobile" not in agent}
        assert out[0] == "requests  mobile user agent" and table(out[:3]) == top(mobile, 20)
        assert out[3] == "requests  other user agent" and table(out[3:8]) == top(other, 20)
        assert out[8] == f"{len(lines) - len(requests)} lines are no requests"
        assert out[9].startswith(f"{len(lines):,} lines, ")
    assert call("logcount", path, "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    found = sorted(line.split("\t") for line in saved(mpi_tmp_path / "out")[0])
    assert found == sorted([agent, str(n), "mobile" if "Mobile" in agent else "other"] for agent, n in counts.items())


def test_canonical_functions_reach_the_kernels(call, put, mpi_tmp_path):
    path = put("text", '"a" "b"\n')
    for job, step in (("wordcount", "CombineWords"), ("logcount", "Project(expression=x.rsplit(")):
        assert call(job, path, "--report", mpi_tmp_path / f"report-{job}")[0] == 0
        text = (mpi_tmp_path / f"report-{job}" / "report.txt").read_text()
        assert step in text and "operation=sum" in text and "Fused" not in text
