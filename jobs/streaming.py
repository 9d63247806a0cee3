"""Run programs as mapper, combiner and reducer, with the options of Hadoop streaming."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from pympr import SparkContext
from pympr.errors import ProgramError
from pympr.jobs._common import EXPECTED, write
from pympr.mapreduce import NullOutput, OutputFormat, StreamingJob
from pympr.mapreduce.streaming import LineGroupInput, LineInput, LineOutput

DESCRIPTION = """Run programs that read lines and write lines KEY TAB VALUE, with the options of Hadoop streaming.
A command is split into words as a shell does, but not run by one: use sh -c '...' for pipes and variables.
-D takes Hadoop's names; those that have no meaning here are in the programs' environment and nothing else."""
NOTES = """-D names with a meaning:
  mapreduce.job.{name,maps,reduces}
  stream.num.{map,reduce}.output.key.fields, stream.{map,reduce}.output.field.separator,
  stream.reduce.input.field.separator, mapreduce.output.textoutputformat.separator
  mapreduce.map.output.key.field.separator, mapreduce.partition.keypartitioner.options,
  mapreduce.job.output.key.comparator.class, mapreduce.partition.keycomparator.options
  mapreduce.input.lineinputformat.linespermap
  mapreduce.output.fileoutputformat.compress, mapreduce.output.fileoutputformat.compress.codec"""
_OLD_NAMES = {
    "mapred.reduce.tasks": "mapreduce.job.reduces",
    "mapred.map.tasks": "mapreduce.job.maps",
    "mapred.job.name": "mapreduce.job.name",
    "map.output.key.field.separator": "mapreduce.map.output.key.field.separator",
    "mapred.text.key.partitioner.options": "mapreduce.partition.keypartitioner.options",
    "mapred.text.key.comparator.options": "mapreduce.partition.keycomparator.options",
    "mapred.output.key.comparator.class": "mapreduce.job.output.key.comparator.class",
    "mapred.output.compress": "mapreduce.output.fileoutputformat.compress",
    "mapred.output.compression.codec": "mapreduce.output.fileoutputformat.compress.codec",
    "mapred.line.input.format.linespermap": "mapreduce.input.lineinputformat.linespermap",
}
_CODECS = {"GzipCodec": "gzip", "DefaultCodec": "gzip", "BZip2Codec": "bzip2", "ZStandardCodec": "zstd"}
_PASS_ON = ("IdentityMapper", "IdentityReducer")
_COMPRESS = "mapreduce.output.fileoutputformat.compress"


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: Any = None) -> None:
        if SparkContext.getOrCreate().rank == 0:
            super()._print_message(message, file)


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = _Parser("pympr streaming", description=DESCRIPTION, epilog=NOTES, formatter_class=form, allow_abbrev=False)
    add: Callable[..., Any] = parser.add_argument
    add("-input", action="append", required=True, metavar="PATH", help="file, directory or glob; may be repeated")
    add("-output", metavar="DIR", help="a new directory; without it the lines are printed")
    add("-mapper", required=True, metavar="COMMAND")
    add("-reducer", default="NONE", metavar="COMMAND", help="NONE for a job of mappers only")
    add("-combiner", metavar="COMMAND")
    add("-numReduceTasks", type=int, metavar="N", help="number of reducers; 0 for a job of mappers only")
    add("-files", default="", metavar="FILE,...", help="files for the programs' folder; path#name renames one")
    add("-file", action="append", default=[], metavar="FILE", help="one such file; may be repeated")
    add("-cmdenv", action="append", default=[], type=_setting, metavar="NAME=VALUE", help="for the environment")
    add("-D", action="append", default=[], type=_setting, metavar="NAME=VALUE", help="configuration, see below")
    add("-partitioner", type=_class("HashPartitioner", "KeyFieldBasedPartitioner"), default="HashPartitioner")
    add("-inputformat", type=_class("TextInputFormat", "KeyValueTextInputFormat", "NLineInputFormat"))
    add("-outputformat", type=_class("TextOutputFormat", "NullOutputFormat"), default="TextOutputFormat")
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not name or not sign:
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, got {text!r}")
    return name, value


def _class(*names: str) -> Callable[[str], str]:
    """A type for argparse: one of Hadoop's classes, with or without its package."""

    def parse(text: str) -> str:
        name = text.rpartition(".")[2]
        if name not in names:
            raise argparse.ArgumentTypeError(f"{text!r} is not known here; there are {', '.join(names)}")
        return name

    return parse


def make_job(options: argparse.Namespace) -> StreamingJob:
    """The job that options ask for; ValueError for those that do not go together."""
    conf = {_OLD_NAMES.get(name, name): value for name, value in options.D}
    reducer, count = _command(options.reducer), options.numReduceTasks
    if count is None and "mapreduce.job.reduces" in conf:
        count = _number(conf, "mapreduce.job.reduces", 0)
    conf.pop("mapreduce.job.reduces", None)
    fields = conf.get("mapreduce.partition.keypartitioner.options", "")
    is_by_field = conf.get("mapreduce.job.output.key.comparator.class", "").endswith("KeyFieldBasedComparator")
    return StreamingJob(
        options.input,
        options.output,
        mapper=_command(options.mapper) or "",
        reducer=None if count == 0 else reducer,
        combiner=_command(options.combiner),
        num_reducers=count,
        files=[*filter(None, options.files.split(",")), *options.file],
        environment=dict(options.cmdenv),
        partition_fields=fields if options.partitioner == "KeyFieldBasedPartitioner" else None,
        sort_fields=conf.get("mapreduce.partition.keycomparator.options", "") if is_by_field else None,
        conf=conf,
        input_format=_input_format(options, conf),
        output_format=_output_format(options, conf),
    )


def _command(text: str | None) -> str | None:
    if text is None or text == "NONE":
        return None
    return "" if text.rpartition(".")[2] in _PASS_ON else text


def _number(conf: dict[str, str], name: str, least: int) -> int:
    text = conf[name]
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"-D {name} must be a number of {least} or more, got {text!r}")
    return int(text)


def _input_format(options: argparse.Namespace, conf: dict[str, str]) -> Any:
    name = "mapreduce.input.lineinputformat.linespermap"
    if options.inputformat == "NLineInputFormat":
        return LineGroupInput(_number(conf, name, 1) if name in conf else 1)
    return LineInput()


def _output_format(options: argparse.Namespace, conf: dict[str, str]) -> OutputFormat:
    if options.outputformat == "NullOutputFormat":
        return NullOutput()
    codec = conf.get(f"{_COMPRESS}.codec", "GzipCodec").rpartition(".")[2]
    if codec not in _CODECS:
        raise ValueError(f"-D {_COMPRESS}.codec {codec} is not known here; there are {', '.join(_CODECS)}")
    compression = _CODECS[codec] if conf.get(_COMPRESS, "false") == "true" else None
    return LineOutput(conf.get("mapreduce.output.textoutputformat.separator", "\t"), compression)


def main(arguments: list[str] | None = None) -> int:
    """Run the job and return the exit code; all ranks must call it."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        try:
            job = make_job(options)
        except ValueError as error:
            parser.error(str(error))
    except SystemExit as end:
        return int(end.code or 0)
    is_first = SparkContext.getOrCreate().rank == 0
    try:
        _run(job, is_first)
    except (*EXPECTED, ProgramError) as error:
        if is_first:
            write(sys.stderr, [f"{parser.prog}: {getattr(error, 'brief', None) or f'{type(error).__name__}: {error}'}"])
        return 1
    return 0


def _run(job: StreamingJob, is_first: bool) -> None:
    result = job.run()
    if job.output is None and not isinstance(job.output_format, NullOutput):
        pairs = result.collect(root=0)
        if is_first:
            sys.stdout.flush()
            sys.stdout.buffer.write(job.output_format.encoder().add(pairs))
            sys.stdout.buffer.flush()
    if is_first:
        told = [
            f"{group}: {name} = {amount:,}"
            for group, found in result.counters.items()
            for name, amount in found.items()
        ]
        write(sys.stderr, told + ([f"output: {job.output}"] if job.output else []))


if __name__ == "__main__":
    sys.exit(main())
