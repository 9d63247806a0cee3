#include "hash.h"

#include "hash_inline.h"
#include "variants_inline.h"
#include "status.h"
#include "threads.h"

#define PARALLEL_ROWS (1 << 17) /* below this, waking the other threads costs more than they save */

PYMPR_INLINE void int64_rows_body(uint64_t *out, const void *input, int64_t begin, int64_t end, uint64_t seed)
{
    const int64_t *values = input;
    for (int64_t i = begin; i < end; i++)
        out[i] = pympr_hash_int64(values[i], seed);
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
PYMPR_VARIANTS(int64_rows, ROWS_SIGNATURE, ROWS_ARGUMENTS)
PYMPR_VARIANTS(bool_rows, ROWS_SIGNATURE, ROWS_ARGUMENTS)
PYMPR_VARIANTS(combine_rows, ROWS_SIGNATURE, ROWS_ARGUMENTS)

static void float64_rows_base(uint64_t *out, const double *values, int64_t begin, int64_t end, uint64_t seed)
{
    for (int64_t i = begin; i < end; i++)
        out[i] = pympr_hash_float64(values[i], seed);
}

#if PYMPR_HAS_X86
PYMPR_AVX512 static inline __m512i mix_eight(__m512i x)
{
    x = _mm512_xor_si512(x, _mm512_srli_epi64(x, 27));
    x = _mm512_mullo_epi64(x, _mm512_set1_epi64(INT64_C(0x3c79ac492ba7b653)));
    x = _mm512_xor_si512(x, _mm512_srli_epi64(x, 33));
    x = _mm512_mullo_epi64(x, _mm512_set1_epi64(INT64_C(0x1c69b3f74ac4ae35)));
    return _mm512_xor_si512(x, _mm512_srli_epi64(x, 27));
}

/* By hand: compilers do not vectorise the conversion to int64. Out of range it gives
 * -2^63, which differs from every such value, so no range check is needed. */
PYMPR_AVX512 static void float64_rows_avx512(uint64_t *out, const double *values, int64_t begin, int64_t end, uint64_t seed)
{
    __m512i number = _mm512_set1_epi64((int64_t)pympr_mix(seed ^ PYMPR_SALT_NUMBER));
    __m512i fraction = _mm512_set1_epi64((int64_t)pympr_mix(seed ^ PYMPR_SALT_FLOAT));
    __m512i nan = _mm512_set1_epi64(INT64_C(0x7ff8000000000000));
    for (int64_t i = begin; i < end; i += 8) {
        __mmask8 present = end - i < 8 ? (__mmask8)((1 << (end - i)) - 1) : 0xff;
        __m512d value = _mm512_maskz_loadu_pd(present, values + i);
        __m512i whole = _mm512_cvttpd_epi64(value);
        __mmask8 is_whole = _mm512_cmp_pd_mask(_mm512_cvtepi64_pd(whole), value, _CMP_EQ_OQ);
        __mmask8 is_nan = _mm512_cmp_pd_mask(value, value, _CMP_UNORD_Q);
        __m512i bits = _mm512_mask_mov_epi64(_mm512_castpd_si512(value), is_nan, nan);
        bits = _mm512_xor_si512(_mm512_mask_mov_epi64(bits, is_whole, whole),
                                _mm512_mask_mov_epi64(fraction, is_whole, number));
        _mm512_mask_storeu_epi64(out + i, present, mix_eight(bits));
    }
}
#endif

static void float64_rows(uint64_t *out, const void *values, int64_t begin, int64_t end, uint64_t seed)
{
#if PYMPR_HAS_X86
    if (pympr_get_simd_level() == 2) {
        float64_rows_avx512(out, values, begin, end, seed);
        return;
    }
#endif
    float64_rows_base(out, values, begin, end, seed);
}

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
