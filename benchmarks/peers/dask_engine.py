"""Dask bag, 2 worker processes that live as long as the benchmark."""

from benchmarks import digests

PROCESSES = 2
BLOCK_BYTES = 64 << 20


def start() -> None:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    import dask
    import dask.bag

    pool = ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn"))
    list(pool.map(abs, range(PROCESSES)))
    dask.config.set(scheduler="processes", pool=pool)


def versions() -> str:
    import dask

    return f"Dask bag {dask.__version__}"


def wordcount(text: str):
    import dask.bag

    words = dask.bag.read_text(text, blocksize=BLOCK_BYTES).str.split().flatten()
    return (lambda: words.frequencies().compute()), digests.of_counts
