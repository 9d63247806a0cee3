"""CRC-32C, the checksum of blocks on disk and on the wire."""

import numpy as np

from pympr.native.library import lib, pointer


def crc32c(buffer, crc: int = 0) -> int:
    """Compute the Castagnoli CRC of a contiguous buffer, on from `crc` as in `zlib.crc32`.

    RFC 3720, section 12.1. TypeError for what is no buffer, ValueError for one that is not
    contiguous or for a `crc` that is not 32 bits.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    >>> crc32c(b"6789", crc32c(b"12345")) == crc32c(b"123456789")
    True
    """
    if not 0 <= crc < 1 << 32:
        raise ValueError(f"crc must be in [0, 2**32), got {crc}")
    data = np.frombuffer(buffer, np.uint8)
    return lib.pympr_crc32c(crc, pointer(data, "uint8_t *"), len(data))
