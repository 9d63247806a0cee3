"""The ordered list of rules; the reason stands wherever the order matters."""

from pympr.optimise.compose import compose_lists
from pympr.optimise.count_words import count_words
from pympr.optimise.drop_exchange import drop_exchanges
from pympr.optimise.fuse import fuse_functions
from pympr.optimise.insert_exchange import insert_exchanges
from pympr.optimise.items_of_text import read_items
from pympr.optimise.recognise import recognise_functions
from pympr.optimise.words_of_text import read_words

RULES = (
    compose_lists,  # before each function is read for itself
    recognise_functions,
    read_words,  # needs Words
    read_items,  # needs Project
    insert_exchanges,
    count_words,  # needs LocalCombine, and the step before it as a column step
    drop_exchanges,  # before fusing: Fused no longer says whether keys were kept
    fuse_functions,
)
