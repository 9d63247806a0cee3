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
