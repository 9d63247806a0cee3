"""The message tags of this floor: one a purpose, so that messages of two never meet."""

REDUCE_TREE = 101
GATHER = 102
BARRIER_ASK = 103
BARRIER_ANSWER = 104
EXCHANGE = 105
SHIFT = 106
