"""Files read whole: texts, bytes, and the records of files of pickles."""

import io
import pickle
from collections.abc import Iterator
from typing import Any, BinaryIO

from pympr.config import Config
from pympr.data.block import Block, ObjectBlock
from pympr.errors import InputError
from pympr.plan.sources import WholeFiles
from pympr.run.operators.text_stream import open_bytes
from pympr.run.splits import Split
from pympr.run.whole_files import FileGroup, address_of


def read_group(group: FileGroup, node: WholeFiles, config: Config) -> Iterator[Block]:
    """A block for every file of a partition, or for every batch of pickled records."""
    for split in group.splits:
        with io.BufferedReader(open_bytes(split, config)) as file:
            if node.form == "pickles":
                yield from _batches(file, split)
            else:
                yield ObjectBlock([(address_of(split.path), _content(file.read(), split, node.form))])


def _content(data: bytes, split: Split, form: str) -> Any:
    if form != "text":
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{split.path}: byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8; "
            "pass use_unicode=False, or read with binaryFiles"
        ) from None


def _batches(file: BinaryIO, split: Split) -> Iterator[Block]:
    while True:
        begin = file.tell() if file.seekable() else None
        try:
            batch = pickle.load(file)
        except EOFError:
            return
        except (pickle.UnpicklingError, UnicodeDecodeError) as error:
            raise _not_pickles(split, begin, str(error)) from error
        if not isinstance(batch, list):
            raise _not_pickles(split, begin, f"a {type(batch).__name__} instead of a batch of records")
        yield ObjectBlock(batch)


def _not_pickles(split: Split, begin: int | None, what: str) -> InputError:
    where = "" if begin is None else f" at offset {begin}"
    return InputError(f"{split.path}{where}: {what}; expected a file that saveAsPickleFile wrote")
