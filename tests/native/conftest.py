import pytest

from pympr.native.library import lib

LEVELS = {"portable": 0, "avx2": 1, "avx512": 2}


@pytest.fixture(params=LEVELS, scope="module")
def simd_level(request):
    """Runs the test once for every SIMD level; skips those that this machine lacks."""
    if lib.pympr_set_simd_level(LEVELS[request.param]) != LEVELS[request.param]:
        pytest.skip("this machine has no such instructions")
    yield LEVELS[request.param]
    lib.pympr_set_simd_level(2)


@pytest.fixture(params=[1, 3], ids=["one thread", "three threads"])
def threads(request):
    """Runs the test without and with threads."""
    before = lib.pympr_get_threads()
    lib.pympr_set_threads(request.param)
    yield request.param
    lib.pympr_set_threads(before)
