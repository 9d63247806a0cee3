"""Programs that measure pympr against its peers; `python -m benchmarks.run --help`."""
