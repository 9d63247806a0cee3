/* How many OpenMP threads a kernel may use. */
#ifndef PYMPR_THREADS_H
#define PYMPR_THREADS_H

/* Threads the kernels use from now on; 1 without OpenMP. Returns what was set. */
int pympr_set_threads(int threads);

/* Threads in use; the core mask's count until pympr_set_threads was called, 1 without OpenMP. */
int pympr_get_threads(void);

/* 1 when the kernels were built with OpenMP. */
int pympr_has_openmp(void);

#endif
