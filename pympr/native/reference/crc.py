"""The definition of CRC-32C, bit by bit."""


def crc32c(data: bytes, crc: int = 0) -> int:
    """The Castagnoli CRC of RFC 3720."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
