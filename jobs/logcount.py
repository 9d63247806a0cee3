"""Count the requests in web logs by user agent, mobile ones separately."""

import sys
from operator import add

from pympr.jobs._common import Parser, Program, run

DESCRIPTION = """Count requests by user agent in logs of the Combined Log Format, those with Mobile in them apart.
--output writes lines AGENT TAB COUNT TAB mobile|other, in no order. Lines of another format are left out."""


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    return run(Parser("logcount", DESCRIPTION).add_inputs().add_parts().add_top(), arguments, work)


def work(program: Program) -> None:
    """Count, then write or print."""
    # Only between referer and agent, the last two fields, do quotes meet around a blank.
    requests = program.text().filter(lambda line: '" "' in line)
    agents = requests.map(lambda line: line.rsplit('"', 2)[1])
    counts = program.keep(agents.map(lambda agent: (agent, 1)).reduceByKey(add, program.parts))
    program.explains("user agents", counts)
    program.uses(counts.map(lambda pair: pair[1]).sum(), "lines are no requests")
    if program.options.output:
        program.save(counts.map(lambda pair: f"{pair[0]}\t{pair[1]}\t{'mobile' if 'Mobile' in pair[0] else 'other'}"))
    if program.top:
        mobile = counts.filter(lambda pair: "Mobile" in pair[0])
        other = counts.filter(lambda pair: "Mobile" not in pair[0])
        for title, some in (("mobile user agent", mobile), ("other user agent", other)):
            most = some.takeOrdered(program.top, key=lambda pair: (-pair[1], pair[0]))
            program.table(["requests", title], [(count, agent) for agent, count in most])


if __name__ == "__main__":
    sys.exit(main())
