/* Sums of doubles that depend on neither the order of the values nor how they are merged.
 *
 * The places of all doubles' bits are cut into windows of 40. A sum keeps, in integers, what its values have in the
 * window of the largest value and in the next ones below, `folds` in all (3 to 6); what lies lower is cut off from
 * each value. A state is PYMPR_BINNED_WORDS(folds) words: the window and marks, the integers, and their carries of 21
 * bits, three a word. PYMPR_OVERFLOW when a carry is full (beyond 10^12 values). */
#ifndef PYMPR_BINNED_H
#define PYMPR_BINNED_H

#include <stdint.h>

#define PYMPR_BINNED_WORDS(folds) (1 + (folds) + ((folds) + 2) / 3)

/* Write `n` states of no values. */
int pympr_binned_clear(int64_t *states, int64_t n, int folds);

/* Add values[0..n) to one state. */
int pympr_binned_add(int64_t *state, const double *values, int64_t n, int folds);

/* Add the squares of values[0..n), each exact where it does not leave the range of doubles, to one state. */
int pympr_binned_add_squares(int64_t *state, const double *values, int64_t n, int folds);

/* Add values[i] to state ids[i], or to state i where ids is NULL. PYMPR_BAD for an id outside [0, num_states). */
int pympr_binned_add_each(int64_t *states, int64_t num_states, const int64_t *ids, const double *values, int64_t n,
                          int folds);

/* Merge other[i] into state ids[i], or into state i where ids is NULL. PYMPR_BAD as above, or for what is no state. */
int pympr_binned_merge(int64_t *states, int64_t num_states, const int64_t *ids, const int64_t *other, int64_t n,
                       int folds);

/* out[i] = the value of state i, rounded once; PYMPR_BAD for what is no state. */
int pympr_binned_finish(double *out, const int64_t *states, int64_t n, int folds);

#endif
