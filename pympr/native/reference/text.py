"""The definition of the text kernels: Python's own decoder, str.split() and text files."""

import io


def words(text: bytes) -> list[bytes]:
    """The words of valid UTF-8."""
    return [word.encode() for word in text.decode().split()]


def lines(text: bytes, is_last: bool = True) -> tuple[list[bytes], int]:
    """The lines, and the position after them; a \\r at the end of a text that goes on ends no line."""
    if not is_last:
        text = text[: cut_at_newline(text)]
    file = io.TextIOWrapper(io.BytesIO(text), encoding="latin-1", newline=None)
    return [line.removesuffix("\n").encode("latin-1") for line in file], len(text)


def line_items(text: bytes, separator: bytes, index: int) -> tuple[list[bytes], bool]:
    """The items up to the first line that has fewer, and whether there is no such line."""
    found = []
    for line in lines(text)[0]:
        items = line.split(separator)
        if index >= len(items):
            return found, False
        found.append(items[index])
    return found, True


def cut_at_newline(text: bytes) -> int:
    """The position after the last line whose end is sure."""
    return max(text.rfind(b"\n"), text.rfind(b"\r", 0, max(len(text) - 1, 0))) + 1


def cut_at_blank(text: bytes) -> int:
    """The position after the last white-space character of valid UTF-8."""
    characters = text.decode()
    last = max((i for i, character in enumerate(characters) if character.isspace()), default=-1)
    return len(characters[: last + 1].encode())


def validate_utf8(text: bytes) -> int:
    """-1, or the offset of the first bad byte."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1
