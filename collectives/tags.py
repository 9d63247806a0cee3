"""The message tags of this floor: one a purpose, so that messages of two never meet."""

REDUCE_TREE = 101
GATHER = 102
BARRIER_ASK = 103
BARRIER_ANSWER = 104
EXCHANGE = 105
SHIFT = 106
FLOW_FIRST = 107
FLOW_REST = 108
# Two of each, used in turn: an exchange may begin on one rank while another is still in the one before.
SPARSE_FIRST = (109, 110)
SPARSE_REST = (111, 112)
CALIBRATE = 113
