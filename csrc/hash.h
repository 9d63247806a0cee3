/* Seeded 64-bit hashes of columns; hash_inline.h has those of single values.
 *
 * `valid` may be NULL (all present); rows where it is 0 get the hash of null.
 * `out` may not overlap an input. n >= 0. */
#ifndef PYMPR_HASH_H
#define PYMPR_HASH_H

#include <stdint.h>

int pympr_hash_column_int64(uint64_t *out, const int64_t *values, const uint8_t *valid, int64_t n, uint64_t seed);
int pympr_hash_column_float64(uint64_t *out, const double *values, const uint8_t *valid, int64_t n, uint64_t seed);

/* Bytes other than 0 are true. */
int pympr_hash_column_bool(uint64_t *out, const uint8_t *values, const uint8_t *valid, int64_t n, uint64_t seed);

/* Row i is data[starts[i]:ends[i]]; PYMPR_BAD and its position in `bad` when a row that is
 * present leaves data[0:data_bytes]. Strings when `is_text`, else bytes. */
int pympr_hash_column_bytes(uint64_t *out, int64_t *bad, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                            const int64_t *ends, const uint8_t *valid, int64_t n, uint64_t seed, int is_text);

/* hashes[i] = combine(hashes[i], others[i]). */
int pympr_hash_column_combine(uint64_t *hashes, const uint64_t *others, int64_t n);

#endif
