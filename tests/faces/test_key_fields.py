"""Options of key fields mean what sort(1) means by them. Runs without ranks."""

import os
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pympr.mapreduce.key_fields import parse, parts, sort_key

OPTIONS = ["-k1,1", "-k2,2n", "-k2,2nr", "-k1.2,1.3", "-k2", "-k1,2", "-r", "-n", "-k3,3nr -k1,1r", "-k2.2,3.1", "-nr"]


@pytest.mark.parametrize("options", OPTIONS)
@given(lines=st.lists(st.lists(st.text("ab19-", max_size=3), min_size=1, max_size=3), max_size=20))
@example(lines=[["10"], ["9"], ["-1"], ["-"], [""]])
def test_the_order_is_that_of_sort(options, lines):
    if "." in options:  # sort(1) counts characters beyond the end of a field, Hadoop does not
        lines = [[f"{field:3}" for field in fields] for fields in lines]
    keys = ["\t".join(fields) for fields in lines]
    done = subprocess.run(
        ["sort", "-s", "-t", "\t", *options.split()],
        input="".join(f"{key}\n" for key in keys),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
    )
    found = sorted((key.encode() for key in keys), key=sort_key(parse(options), b"\t"))
    assert [key.decode() for key in found] == done.stdout.split("\n")[:-1]


def test_parts():
    key = b"11.12.1.2"
    assert parts(parse("-k1,2"), b".")(key) == (b"11.12",)
    assert parts(parse("-k 2.2,2 -k4"), b".")(key) == (b"2", b"2")
    assert parts(parse("-k7"), b".")(key) == (b"",)
    assert parts(parse(""), b".")(key) == (key,)


@pytest.mark.parametrize("options", ["-k", "-kx", "-k1,1q", "-k0", "2", "-k1 -x"])
def test_what_is_no_option(options):
    with pytest.raises(ValueError, match="is not -kFIELD"):
        parse(options)
