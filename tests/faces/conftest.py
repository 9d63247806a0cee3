"""One SparkContext for all tests of the faces, on as many ranks as the run has."""

import pytest


@pytest.fixture(scope="session")
def sc():
    from pympr import SparkContext

    return SparkContext.getOrCreate()


@pytest.fixture(autouse=True)
def _doctest_context(request):
    """Doctests of the faces use `sc`."""
    namespace = getattr(request, "getfixturevalue", None)
    if request.node.__class__.__name__ == "DoctestItem" and namespace is not None:
        request.getfixturevalue("doctest_namespace")["sc"] = request.getfixturevalue("sc")
