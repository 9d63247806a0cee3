#include "hash.h"

#include "hash_inline.h"
#include "status.h"
#include "threads.h"

#define PARALLEL_ROWS (1 << 17) /* below this, waking the other threads costs more than they save */

/* One loop body, compiled for this machine's baseline and for AVX-512, whose 64-bit
 * multiply makes it three times faster; chosen when called. */
#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw")))
#define HAS_AVX512 (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
#define VARIANTS(name, signature, arguments)                                                                           \
    static AVX512 void name##_avx512 signature { name##_body arguments; }                                              \
    static void name##_base signature { name##_body arguments; }                                                       \
    static void name signature                                                                                         \
    {                                                                                                                  \
        if (HAS_AVX512)                                                                                                \
            name##_avx512 arguments;                                                                                   \
        else                                                                                                           \
            name##_base arguments;                                                                                     \
    }
#else
#define VARIANTS(name, signature, arguments)                                                                           \
    static void name signature { name##_body arguments; }
#endif

PYMPR_INLINE void int64_rows_body(uint64_t *out, const void *input, int64_t begin, int64_t end, uint64_t seed)
{
    const int64_t *values = input;
    for (int64_t i = begin; i < end; i++)
        out[i] = pympr_hash_int64(values[i], seed);
}

PYMPR_INLINE void float64_rows_body(uint64_t *out, const void *input, int64_t begin, int64_t end, uint64_t seed)
{
    const double *values = input;
    for (int64_t i = begin; i < end; i++)
        out[i] = pympr_hash_float64(values[i], seed);
}

PYMPR_INLINE void bool_rows_body(uint64_t *out, const void *input, int64_t begin, int64_t end, uint64_t seed)
{
    const uint8_t *values = input;
    uint64_t hashes[2] = {pympr_hash_int64(0, seed), pympr_hash_int64(1, seed)};
    for (int64_t i = begin; i < end; i++)
        out[i] = values[i] ? hashes[1] : hashes[0];
}

PYMPR_INLINE void combine_rows_body(uint64_t *out, const void *input, int64_t begin, int64_t end, uint64_t seed)
{
    const uint64_t *others = input;
    (void)seed;
    for (int64_t i = begin; i < end; i++)
        out[i] = pympr_hash_combine(out[i], others[i]);
}

#define ROWS_SIGNATURE (uint64_t * out, const void *input, int64_t begin, int64_t end, uint64_t seed)
#define ROWS_ARGUMENTS (out, input, begin, end, seed)
VARIANTS(int64_rows, ROWS_SIGNATURE, ROWS_ARGUMENTS)
VARIANTS(float64_rows, ROWS_SIGNATURE, ROWS_ARGUMENTS)
VARIANTS(bool_rows, ROWS_SIGNATURE, ROWS_ARGUMENTS)
VARIANTS(combine_rows, ROWS_SIGNATURE, ROWS_ARGUMENTS)

typedef void rows_function ROWS_SIGNATURE;

static void null_rows(uint64_t *out, const uint8_t *valid, int64_t begin, int64_t end, uint64_t seed)
{
    uint64_t null = pympr_hash_null(seed);
    for (int64_t i = begin; i < end; i++)
        out[i] = valid[i] ? out[i] : null;
}

/* Blocks small enough that the null pass finds the hashes in the first cache. */
static int fixed_column(uint64_t *out, const void *values, const uint8_t *valid, int64_t n, uint64_t seed,
                        rows_function *rows)
{
    const int64_t block = 2048;
#pragma omp parallel for schedule(static) num_threads(pympr_get_threads()) if (n >= PARALLEL_ROWS)
    for (int64_t begin = 0; begin < n; begin += block) {
        int64_t end = n - begin < block ? n : begin + block;
        rows(out, values, begin, end, seed);
        if (valid)
            null_rows(out, valid, begin, end, seed);
    }
    return PYMPR_OK;
}

int pympr_hash_column_int64(uint64_t *out, const int64_t *values, const uint8_t *valid, int64_t n, uint64_t seed)
{
    return fixed_column(out, values, valid, n, seed, int64_rows);
}

int pympr_hash_column_float64(uint64_t *out, const double *values, const uint8_t *valid, int64_t n, uint64_t seed)
{
    return fixed_column(out, values, valid, n, seed, float64_rows);
}

int pympr_hash_column_bool(uint64_t *out, const uint8_t *values, const uint8_t *valid, int64_t n, uint64_t seed)
{
    return fixed_column(out, values, valid, n, seed, bool_rows);
}

int pympr_hash_column_combine(uint64_t *hashes, const uint64_t *others, int64_t n)
{
    return fixed_column(hashes, others, 0, n, 0, combine_rows);
}

/* A row that the branch-free path may not read: long, at the end of the data, or bad. */
static int slow_row(uint64_t *out, const uint8_t *data, int64_t data_bytes, int64_t start, int64_t end, uint64_t seed)
{
    if (start < 0 || end < start || end > data_bytes)
        return PYMPR_BAD;
    *out = pympr_hash_bytes(data + start, end - start, seed);
    return PYMPR_OK;
}

/* Returns the first bad row, or `end`. Short rows with 16 readable bytes take no branch
 * that depends on their length: lengths of words are unpredictable. */
static int64_t bytes_rows(uint64_t *out, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                          const int64_t *ends, const uint8_t *valid, int64_t begin, int64_t end, uint64_t seed,
                          uint64_t null)
{
    uint64_t wide_starts = data_bytes >= PYMPR_SHORT_BYTES ? (uint64_t)(data_bytes - PYMPR_SHORT_BYTES) + 1 : 0;
    for (int64_t i = begin; i < end; i++) {
        if (valid && !valid[i]) {
            out[i] = null;
            continue;
        }
        uint64_t length = (uint64_t)ends[i] - (uint64_t)starts[i];
        if (length <= PYMPR_SHORT_BYTES && (uint64_t)starts[i] < wide_starts) {
            uint64_t words[2];
            pympr_short_words(words, data + starts[i], (int64_t)length, 1);
            out[i] = pympr_hash_short(words, (int64_t)length, seed);
        } else if (slow_row(out + i, data, data_bytes, starts[i], ends[i], seed) != PYMPR_OK) {
            return i;
        }
    }
    return end;
}

int pympr_hash_column_bytes(uint64_t *out, int64_t *bad, const uint8_t *data, int64_t data_bytes, const int64_t *starts,
                            const int64_t *ends, const uint8_t *valid, int64_t n, uint64_t seed, int is_text)
{
    const int64_t block = 16384;
    uint64_t kind_seed = is_text ? seed : pympr_bytes_seed(seed);
    int64_t first_bad = n;
#pragma omp parallel for schedule(static) reduction(min : first_bad) num_threads(pympr_get_threads())                  \
    if (n >= PARALLEL_ROWS)
    for (int64_t begin = 0; begin < n; begin += block) {
        int64_t end = n - begin < block ? n : begin + block;
        int64_t stopped = bytes_rows(out, data, data_bytes, starts, ends, valid, begin, end, kind_seed,
                                     pympr_hash_null(seed));
        if (stopped < end && stopped < first_bad)
            first_bad = stopped;
    }
    *bad = first_bad;
    return first_bad < n ? PYMPR_BAD : PYMPR_OK;
}
