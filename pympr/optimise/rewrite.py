"""The driver of the rules: one pass over an ordered list, with an observer."""

from collections.abc import Callable, Sequence

from pympr.optimise.rules import RULES
from pympr.plan.node import Node

Rule = Callable[[Node], Node | None]
Observer = Callable[[str, Node], None]


def optimise(plan: Node, rules: Sequence[Rule] = RULES, observe: Observer | None = None) -> Node:
    """The plan after all rules; `observe(rule name, plan)` sees every change."""
    for rule in rules:
        changed = rule(plan)
        if changed is None or changed is plan:
            continue
        plan = changed
        if observe is not None:
            observe(rule.__name__, plan)
    return plan
