/* Which of the ranges between sorted byte-string splitters a row falls into. */
#ifndef PYMPR_RANGE_BYTES_H
#define PYMPR_RANGE_BYTES_H

#include <stdint.h>

/* buckets[i] = number of splitters that are less than row i, by byte order.

   Row i is data[starts[i]] to data[ends[i]]; splitter j is splitters[edges[j]] to
   splitters[edges[j + 1]], and the splitters ascend. Rows and edges must lie within
   their buffers; neither is checked here. */
int pympr_buckets_by_range_bytes(uint32_t *buckets, const uint8_t *data, const int64_t *starts, const int64_t *ends,
                                 int64_t len_rows, const uint8_t *splitters, const int64_t *edges,
                                 int64_t num_splitters);

#endif
