"""Names of remote files keep what stands before their path."""

import pytest

from pympr.run.stores import _full_name, is_remote


@pytest.mark.parametrize(
    "pattern, path, name, full",
    [
        ("s3://bucket/in/*.txt", "bucket/in/*.txt", "bucket/in/a.txt", "s3://bucket/in/a.txt"),
        ("hdfs://node:8020/in/", "/in", "/in/a", "hdfs://node:8020/in/a"),
        ("ftp://u:p@host:21/in", "/in", "/in/a", "ftp://u:p@host:21/in/a"),
        ("zip://*.csv::s3://b/x.zip", "*.csv", "a.csv", "zip://a.csv::s3://b/x.zip"),
        ("http://host/in/", "http://host/in", "http://host/in/a", "http://host/in/a"),
    ],
)
def test_full_names(pattern, path, name, full):
    assert _full_name(None, pattern, path, name) == full


@pytest.mark.parametrize("path", ["/a", "a/b", "file:///a", "file://a", "C:x", "a:b", "../s3", "a b://c"])
def test_local_paths(path):
    assert not is_remote(path)
