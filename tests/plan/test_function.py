"""Functions are told apart by what they do, and named by where the user wrote them."""

import functools

from pympr.plan.function import Function


class Doubler:
    def apply(self, value):
        return 2 * value


class Tripler:
    def apply(self, value):
        return 3 * value


def test_methods_differ_by_their_code():
    Tripler.apply.__qualname__ = Doubler.apply.__qualname__
    one, other, third = Function(Doubler().apply), Function(Doubler().apply), Function(Tripler().apply)
    assert one.fingerprint() == other.fingerprint()
    assert one.fingerprint() != third.fingerprint()


def test_a_wrapper_stands_where_the_wrapped_function_does():
    @functools.wraps(Doubler.apply)
    def wrapper(*arguments):
        return Doubler.apply(*arguments)

    assert str(Function(wrapper)) == str(Function(Doubler.apply))
    assert Function(wrapper) != Function(Doubler.apply)


def test_methods_of_objects_and_wrappers_are_told_apart():
    one, other = {1: 1}, {1: 2}
    assert Function(one.get) != Function(other.get)
    assert Function(one.get).fingerprint() == Function(other.get).fingerprint()

    def remainder(count):
        @functools.lru_cache
        def partition(key):
            return key % count

        return partition

    assert Function(remainder(2)) != Function(remainder(3))
    assert Function(len) == Function(len) and Function(str.lower) == Function(str.lower)


def test_large_constants_are_cheap_to_tell():
    text, items = "x" * 10_000_000, tuple(range(1_000_000))
    first, second = Function(lambda: (text, items)), Function(lambda: text)
    for _ in range(20):
        first.fingerprint()
    assert first != second and first == first


def test_functions_that_read_a_changed_global_differ():
    space = {"LIMIT": 3}
    exec("def helper(x):\n    return x % LIMIT", space)
    exec("by_limit = lambda x: x % LIMIT\nby_helper = lambda x: helper(x)", space)
    for name in ("by_limit", "by_helper"):
        space["LIMIT"] = 3
        first, again = Function(space[name]), Function(space[name])
        space["LIMIT"] = 4
        changed = Function(space[name])
        space["LIMIT"] = 3
        assert first == again == Function(space[name]) and first != changed and first != space[name]


def test_lambdas_of_two_modules_that_read_their_own_globals_differ():
    functions = []
    for limit in (3, 4):
        space = {"LIMIT": limit}
        exec("by_limit = lambda x: x % LIMIT", space)
        functions.append(Function(space["by_limit"]))
    assert functions[0] != functions[1]
