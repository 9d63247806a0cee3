"""terasort makes gensort's records, sorts them as Python does, and says of them what valsort says."""

import zlib

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.ranks(5, nightly=True)]

# The first records of `gensort -a`, as published with it.
FIRST = [
    b"AsfAGHM5om  00000000000000000000000000000000  0000222200002222000022220000222200002222000000001111\r\n",
    b"~sHd0jDv6X  00000000000000000000000000000001  77779999444488885555CCCC777755555555BBBB666644446666\r\n",
    b"uI^EYm8s=|  00000000000000000000000000000002  CCCCFFFF777799995555FFFF11112222999988884444DDDDFFFF\r\n",
]


def generated(count, first=0, is_text=False):
    """The generator with Python's integers, one record after the other."""
    state = 0
    for number in range(first + count):
        state = (state * 0x2360ED051FC65DA44385DF649FCCF645 + 0x4A696D47726179524950202020202001) % 2**128
        if number < first:
            continue
        key, digits = state.to_bytes(16, "big")[:10], f"{state:032X}"
        filler = "".join(4 * digit for digit in (digits[-13:] if is_text else digits[-12:]))
        if not is_text:
            yield (
                key
                + b"\x00\x11"
                + f"{number:032X}".encode()
                + b"\x88\x99\xaa\xbb"
                + filler.encode()
                + b"\xcc\xdd\xee\xff"
            )
            continue
        text, halves = "", divmod(state, 2**64)
        for half, length in zip(halves, (8, 2)):
            for _ in range(length):
                half, digit = divmod(half, 95)
                text += chr(32 + digit)
        yield f"{text}  {number:032X}  {filler}\r\n".encode()


def saved(folder):
    assert (folder / "_SUCCESS").exists()
    return b"".join(path.read_bytes() for path in sorted(folder.glob("part-*")))


def valsort(records):
    """What valsort prints, by its own rules."""
    unordered = [place for place in range(1, len(records)) if records[place][:10] < records[place - 1][:10]]
    twice = sum(records[place][:10] == records[place - 1][:10] for place in range(1, len(records)))
    said = [f"Records: {len(records)}", f"Checksum: {sum(map(zlib.crc32, records)):x}"]
    if not unordered:
        return [*said, f"Duplicate keys: {twice}", "SUCCESS - all records are in order"]
    return [
        f"First unordered record is record {unordered[0]}",
        *said,
        f"ERROR - there are {len(unordered)} unordered records",
    ]


def test_the_first_records_are_those_of_gensort(call, mpi_tmp_path):
    assert call("terasort", "generate", 3, "--text", "--output", mpi_tmp_path / "out", "--no-report")[0] == 0
    assert saved(mpi_tmp_path / "out") == b"".join(FIRST) == b"".join(generated(3, is_text=True))


@pytest.mark.parametrize("options", [[], ["--text"], ["--first", "12345"], ["--parts", "3"]], ids=" ".join)
@pytest.mark.parametrize("count", [0, 1, 5000])
def test_generate(sc, call, mpi_tmp_path, count, options):
    code, out, _ = call("terasort", "generate", count, *options, "--output", mpi_tmp_path / "out", "--no-report")
    first = int(options[1]) if "--first" in options else 0
    assert code == 0
    assert saved(mpi_tmp_path / "out") == b"".join(generated(count, first, "--text" in options))
    assert len(list((mpi_tmp_path / "out").glob("part-*"))) == (3 if "--parts" in options else 8)
    if sc.rank == 0:
        assert out[-1].startswith(f"{count:,} records, ")


def test_generate_sort_validate(sc, call, mpi_tmp_path):
    made, ordered = mpi_tmp_path / "made", mpi_tmp_path / "ordered"
    records = list(generated(4000))
    assert call("terasort", "generate", 4000, "--output", made, "--no-report")[0] == 0
    code, out, _ = call("terasort", "validate", made, "--no-report")
    assert code == 1 and (sc.rank or out[:4] == valsort(records))
    assert call("terasort", "sort", made, "--output", ordered, "--no-report")[0] == 0
    assert saved(ordered) == b"".join(sorted(records, key=lambda record: record[:10]))
    code, out, _ = call("terasort", "validate", ordered, "--no-report")
    assert code == 0 and (sc.rank or out[:4] == valsort(sorted(records)))


@pytest.mark.parametrize("swapped", [None, 0, 1, 699, 700, 1998])
def test_validate_finds_what_is_out_of_order_and_there_twice(sc, call, put, swapped):
    records = sorted(generated(2000))
    for place in (3, 4, 1500):
        records[place] = records[place - 1][:10] + records[place][10:]
    if swapped is not None:
        records[swapped], records[swapped + 1] = records[swapped + 1], records[swapped]
    one = put("in/a", b"".join(records[:700]))
    put("in/b", b"")
    put("in/c", b"".join(records[700:]))
    code, out, _ = call("terasort", "validate", one.parent, "--no-report")
    said = valsort(records)
    assert code == (said[0].startswith("First")) and (sc.rank or out[: len(said)] == said)


def test_validate_of_nothing(sc, call, put):
    code, out, _ = call("terasort", "validate", put("none", b""), "--no-report")
    assert code == 0 and (sc.rank or out[:3] == ["Records: 0", "Checksum: 0", "Duplicate keys: 0"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "5"], "generate needs --output DIR"),
        (["sort", "x"], "sort needs --output DIR"),
        (["validate", "x", "--output", "y"], "validate writes no output"),
        (["generate", "many", "--output", "y"], "generate takes a number of records, got 'many'"),
        (["generate", "5", "--first", "-1", "--output", "y"], "record numbers go from 0"),
        (["sort", "x", "--text", "--output", "y"], "--text and --first belong to generate"),
    ],
)
def test_options_that_do_not_fit(sc, call, arguments, words):
    code, out, err = call("terasort", *arguments)
    assert code == 2 and out == [] and (sc.rank or words in err[-1])


def test_records_of_another_length(sc, call, put):
    code, _, err = call("terasort", "validate", put("odd", b"x" * 150))
    assert code == 1 and (sc.rank or "not a multiple of the record length 100" in err[0])
