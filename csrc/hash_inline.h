/* The hash of one value: what hash.c does to columns, for kernels that hash as they go.
 *
 * pympr/native/reference/hash.py is the definition. Every function takes the user's
 * seed; the compiler lifts what depends on the seed alone out of loops. Not meant to
 * resist keys chosen by an attacker who knows the seed. */
#ifndef PYMPR_HASH_INLINE_H
#define PYMPR_HASH_INLINE_H

#include "variants_inline.h"

#include <stdint.h>
#include <string.h>

#define PYMPR_SALT_NUMBER UINT64_C(0x9e3779b97f4a7c15)
#define PYMPR_SALT_FLOAT UINT64_C(0xd1b54a32d192ed03)
#define PYMPR_SALT_TEXT UINT64_C(0x8cb92ba72f3d8dd7)
#define PYMPR_SALT_BYTES UINT64_C(0xaef17502108ef2d9)
#define PYMPR_SALT_NULL UINT64_C(0xda942042e4dd58b5)

#define PYMPR_KEY_A UINT64_C(0xa0761d6478bd642f)
#define PYMPR_KEY_B UINT64_C(0xe7037ed1a0b428db)
#define PYMPR_KEY_C UINT64_C(0x8ebc6af09c88c6e3)

#define PYMPR_SHORT_BYTES 16 /* keys up to here are two words, padded with zeros */

/* A bijection of 64 bits: the "moremur" finaliser of P. Evensen. */
PYMPR_INLINE uint64_t pympr_mix(uint64_t x)
{
    x ^= x >> 27;
    x *= UINT64_C(0x3c79ac492ba7b653);
    x ^= x >> 33;
    x *= UINT64_C(0x1c69b3f74ac4ae35);
    x ^= x >> 27;
    return x;
}

/* Both halves of the 128-bit product, folded: the step of W. Yi's wyhash. */
PYMPR_INLINE uint64_t pympr_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

PYMPR_INLINE uint64_t pympr_hash_null(uint64_t seed)
{
    return pympr_mix(seed ^ PYMPR_SALT_NULL);
}

PYMPR_INLINE uint64_t pympr_hash_int64(int64_t value, uint64_t seed)
{
    return pympr_mix((uint64_t)value ^ pympr_mix(seed ^ PYMPR_SALT_NUMBER));
}

/* Integral values of the int64 range hash as that integer, every NaN as one. */
PYMPR_INLINE uint64_t pympr_hash_float64(double value, uint64_t seed)
{
    double inside = value >= -0x1p63 && value < 0x1p63 ? value : 0.0;
    int64_t whole = (int64_t)inside;
    uint64_t bits;
    memcpy(&bits, &value, 8);
    bits = value != value ? UINT64_C(0x7ff8000000000000) : bits;
    int is_whole = (double)whole == value;
    uint64_t state = pympr_mix(seed ^ (is_whole ? PYMPR_SALT_NUMBER : PYMPR_SALT_FLOAT));
    return pympr_mix((is_whole ? (uint64_t)whole : bits) ^ state);
}

/* Eight bytes as a little-endian number. */
PYMPR_INLINE uint64_t pympr_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* A key of at most 16 bytes as two words padded with zeros: equal words and equal
 * lengths mean equal keys, so a table can hold the words in place of the key.
 * `wide` promises that 16 bytes can be read at `bytes`; that path has no branch. */
PYMPR_INLINE void pympr_short_words(uint64_t words[2], const uint8_t *bytes, int64_t length, int wide)
{
    static const uint8_t keep[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    if (wide) {
        const uint8_t *mask = keep + PYMPR_SHORT_BYTES - length;
        words[0] = pympr_word(bytes) & pympr_word(mask);
        words[1] = pympr_word(bytes + 8) & pympr_word(mask + 8);
        return;
    }
    uint8_t padded[PYMPR_SHORT_BYTES] = {0};
    if (length > 0)
        memcpy(padded, bytes, (size_t)length);
    words[0] = pympr_word(padded);
    words[1] = pympr_word(padded + 8);
}

/* The last 16 bytes, all that came before them, and the length. */
PYMPR_INLINE uint64_t pympr_hash_finish(uint64_t a, uint64_t b, int64_t length, uint64_t state)
{
    unsigned __int128 product = (unsigned __int128)(a ^ PYMPR_KEY_A) * (b ^ state);
    return pympr_fold((uint64_t)product ^ PYMPR_KEY_B ^ (uint64_t)length, (uint64_t)(product >> 64) ^ PYMPR_KEY_C);
}

/* What pympr_hash_bytes gives for the key that has these words (see pympr_short_words). */
PYMPR_INLINE uint64_t pympr_hash_short(const uint64_t words[2], int64_t length, uint64_t seed)
{
    return pympr_hash_finish(words[0], words[1], length, pympr_mix(seed ^ PYMPR_SALT_TEXT));
}

/* Keys of more than 16 bytes: two lanes of 16 bytes each, then the tail. */
PYMPR_INLINE uint64_t pympr_hash_long(const uint8_t *bytes, int64_t length, uint64_t seed)
{
    uint64_t state = pympr_mix(seed ^ PYMPR_SALT_TEXT);
    uint64_t other = state ^ PYMPR_KEY_C;
    const uint8_t *tail = bytes + length - PYMPR_SHORT_BYTES;
    for (; tail - bytes > 16; bytes += 32) {
        state = pympr_fold(pympr_word(bytes) ^ PYMPR_KEY_A, pympr_word(bytes + 8) ^ state);
        other = pympr_fold(pympr_word(bytes + 16) ^ PYMPR_KEY_B, pympr_word(bytes + 24) ^ other);
    }
    state = pympr_fold(state, other ^ PYMPR_KEY_A);
    if (tail > bytes)
        state = pympr_fold(pympr_word(bytes) ^ PYMPR_KEY_A, pympr_word(bytes + 8) ^ state);
    return pympr_hash_finish(pympr_word(tail), pympr_word(tail + 8), length, state);
}

/* The hash of a string's UTF-8 bytes; of bytes when `seed` is pympr_bytes_seed(seed). */
PYMPR_INLINE uint64_t pympr_hash_bytes(const uint8_t *bytes, int64_t length, uint64_t seed)
{
    if (length > PYMPR_SHORT_BYTES)
        return pympr_hash_long(bytes, length, seed);
    uint64_t words[2];
    pympr_short_words(words, bytes, length, 0);
    return pympr_hash_short(words, length, seed);
}

/* "a" and b"a" are two keys. */
PYMPR_INLINE uint64_t pympr_bytes_seed(uint64_t seed)
{
    return pympr_mix(seed ^ PYMPR_SALT_BYTES);
}

/* Order matters: combine(a, b) is not combine(b, a). */
PYMPR_INLINE uint64_t pympr_hash_combine(uint64_t hash, uint64_t other)
{
    return pympr_mix(hash * PYMPR_KEY_A + other);
}

#endif
