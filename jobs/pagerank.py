"""Rank the nodes of a graph by its links (PageRank)."""

import argparse
import sys
from operator import add

from pympr import RDD
from pympr.jobs._common import Parser, Program, positive, run

DESCRIPTION = """Lines FROM TO in (lines that begin with # are left out; an edge that is there twice counts twice); the
ranks of all nodes add up to 1, what nodes without links have goes to all. Lines of --output: NODE TAB RANK, in no
order. The graph is placed once; an iteration moves one number for each node and part that links to it."""
DEFAULT_ITERATIONS, DEFAULT_DAMPING = 20, 0.85


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = Parser("pagerank", DESCRIPTION).add_inputs().add_parts().add_top()
    parser.add_argument("--separator", metavar="S", help="what is between FROM and TO; by default white space")
    parser.add_argument("--iterations", type=positive, default=DEFAULT_ITERATIONS, metavar="N", help="default 20")
    parser.add_argument("--damping", type=float, default=DEFAULT_DAMPING, metavar="D", help="default 0.85")
    parser.add_argument("--distinct", action="store_true", help="an edge that is there twice counts once")
    return run(parser, arguments, work, check)


def check(options: argparse.Namespace) -> str | None:
    """What is wrong with the options, if anything."""
    if not 0 <= options.damping <= 1:
        return f"--damping must be from 0 to 1, got {options.damping}"
    return "--separator is empty" if options.separator == "" else None


def work(program: Program) -> None:
    """Rank, then write or print."""
    parts = program.parts
    with program.reading("two columns"):
        named = program.keep(edges_of(program))
        nodes = program.keep(named.keys().union(named.values()).distinct(parts))
        names = program.keep(nodes.zipWithIndex())
        count = max(names.count(), 1)
    edges = program.keep(numbered(named, names, parts))
    program.unit, program.records = "edges", edges.count()
    ranks = ranked(program, edges, names, count, parts)
    by_name = program.keep(names.map(lambda pair: (pair[1], pair[0])).join(ranks, parts).map(lambda pair: pair[1]))
    if program.options.output:
        program.save(by_name.map(lambda pair: f"{pair[0]}\t{pair[1]!r}"))
    if program.top:
        most = by_name.takeOrdered(program.top, key=lambda pair: (-pair[1], pair[0]))
        program.table(["rank", "node"], [(f"{rank:.9g}", name) for name, rank in most])


def edges_of(program: Program) -> RDD:
    """(from, to) by name."""
    separator = program.options.separator
    lines = program.text().filter(lambda line: not line.startswith("#"))
    edges = lines.map(lambda line: (line.split(separator)[0], line.split(separator)[1]))
    return edges.distinct(program.parts) if program.options.distinct else edges


def numbered(named: RDD, names: RDD, parts: int) -> RDD:
    """(from, to) by number, placed by `from`."""
    half = named.join(names, parts).map(lambda edge: edge[1])
    return half.join(names, parts).map(lambda edge: edge[1]).partitionBy(parts)


def ranked(program: Program, edges: RDD, names: RDD, count: int, parts: int) -> RDD:
    """(number, rank), placed as the edges are: joining the two moves nothing."""
    links = edges.mapValues(lambda _: 1).reduceByKey(add, parts)
    nodes = names.map(lambda pair: (pair[1], 0)).partitionBy(parts)
    degrees = program.keep(nodes.leftOuterJoin(links, parts).mapValues(lambda pair: pair[1] or 0))
    damping = program.options.damping
    state = degrees.mapValues(lambda degree: (1 / count, degree)).cache()
    for _ in range(program.options.iterations):
        before, state = state, moved_on(edges, degrees, state, count, damping, parts).cache()
        state.count()
        before.unpersist()
    program.kept.append(state)
    program.explains("ranks", state)
    return state.mapValues(lambda pair: pair[0])


def moved_on(edges: RDD, degrees: RDD, state: RDD, count: int, damping: float, parts: int) -> RDD:
    """(number, (rank, links)) after one more iteration."""
    lost = state.filter(lambda node: node[1][1] == 0).map(lambda node: node[1][0]).sum()
    base = (1 - damping + damping * lost) / count
    shares = state.filter(lambda node: node[1][1] > 0).mapValues(lambda pair: pair[0] / pair[1])
    given = edges.join(shares, parts).map(lambda edge: edge[1]).reduceByKey(add, parts)
    return degrees.leftOuterJoin(given, parts).mapValues(lambda pair: (base + damping * (pair[1] or 0.0), pair[0]))


if __name__ == "__main__":
    sys.exit(main())
