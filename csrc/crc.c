#include "crc.h"

#include "hash_inline.h"

#define POLYNOMIAL UINT32_C(0x82f63b78)

static uint32_t tables[8][256];

/* When the library is loaded, so that no thread can see half of it. */
__attribute__((constructor)) static void fill_tables(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t byte = 0; byte < 256; byte++)
            tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 255];
}

/* Eight bytes a step: Kounavis and Berry, A Systematic Approach to Building High Performance
 * Software-based CRC Generators, ISCC 2005. */
static uint32_t crc_portable(uint32_t crc, const uint8_t *data, int64_t bytes)
{
    for (; bytes >= 8; data += 8, bytes -= 8) {
        uint64_t word = pympr_word(data) ^ crc;
        crc = tables[7][word & 255] ^ tables[6][word >> 8 & 255] ^ tables[5][word >> 16 & 255] ^
              tables[4][word >> 24 & 255] ^ tables[3][word >> 32 & 255] ^ tables[2][word >> 40 & 255] ^
              tables[1][word >> 48 & 255] ^ tables[0][word >> 56];
    }
    for (; bytes > 0; data++, bytes--)
        crc = crc >> 8 ^ tables[0][(crc ^ *data) & 255];
    return crc;
}

#if PYMPR_HAS_X86
#if defined(__clang__)
#define CRC_TARGET __attribute__((target("sse4.2,crc32,pclmul")))
#else
#define CRC_TARGET __attribute__((target("sse4.2,pclmul")))
#endif

/* The checksum as it is after as many zero bytes as `factor` stands for: x^(8 bytes - 33) modulo
 * the polynomial, since the product is shifted by one and the instruction multiplies by x^32. */
CRC_TARGET static uint32_t skip_bytes(uint32_t crc, uint32_t factor)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)factor), 0);
    return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

/* Three checksums at once, since one instruction takes three cycles and each cycle can start one:
 * Gopal et al., Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction, Intel 2011. */
CRC_TARGET static uint32_t three_lanes(uint32_t crc, const uint8_t *data, int64_t lane_bytes, uint32_t skip_one,
                                       uint32_t skip_two)
{
    uint64_t first = crc, second = 0, third = 0;
    for (int64_t i = 0; i < lane_bytes; i += 8) {
        first = _mm_crc32_u64(first, pympr_word(data + i));
        second = _mm_crc32_u64(second, pympr_word(data + lane_bytes + i));
        third = _mm_crc32_u64(third, pympr_word(data + 2 * lane_bytes + i));
    }
    return skip_bytes((uint32_t)first, skip_two) ^ skip_bytes((uint32_t)second, skip_one) ^ (uint32_t)third;
}

CRC_TARGET static uint32_t crc_by_instruction(uint32_t crc, const uint8_t *data, int64_t bytes)
{
    for (; bytes >= 3 * 4096; data += 3 * 4096, bytes -= 3 * 4096)
        crc = three_lanes(crc, data, 4096, UINT32_C(0x82f89c77), UINT32_C(0x54a86326));
    for (; bytes >= 3 * 256; data += 3 * 256, bytes -= 3 * 256)
        crc = three_lanes(crc, data, 256, UINT32_C(0xb9e02b86), UINT32_C(0xdd7e3b0c));
    for (; bytes >= 8; data += 8, bytes -= 8)
        crc = (uint32_t)_mm_crc32_u64(crc, pympr_word(data));
    for (; bytes > 0; data++, bytes--)
        crc = _mm_crc32_u8(crc, *data);
    return crc;
}
#endif

uint32_t pympr_crc32c(uint32_t crc, const uint8_t *data, int64_t bytes)
{
#if PYMPR_HAS_X86
    if (pympr_get_simd_level() > 0 && __builtin_cpu_supports("pclmul"))
        return ~crc_by_instruction(~crc, data, bytes);
#endif
    return ~crc_portable(~crc, data, bytes);
}
