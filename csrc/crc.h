/* CRC-32C (Castagnoli), as in RFC 3720. */
#ifndef PYMPR_CRC_H
#define PYMPR_CRC_H

#include <stdint.h>

/* The checksum of what `crc` is the checksum of (0 for nothing), followed by data[0:bytes]. */
uint32_t pympr_crc32c(uint32_t crc, const uint8_t *data, int64_t bytes);

#endif
