#define _GNU_SOURCE
#include "threads.h"

#include <sched.h>

#ifdef _OPENMP
#include <omp.h>

static int chosen = 0;

/* The mask, not the machine: ranks bound to cores must not use their neighbours'. */
static int cores_in_mask(void)
{
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0)
        return 1;
    int cores = CPU_COUNT(&mask);
    return cores > 0 ? cores : 1;
}

int pympr_set_threads(int threads)
{
    chosen = threads > 0 ? threads : 1;
    return chosen;
}

int pympr_get_threads(void)
{
    if (chosen > 0)
        return chosen;
    int cores = cores_in_mask(), wish = omp_get_max_threads(); /* OMP_NUM_THREADS, if set */
    return wish < cores ? wish : cores;
}

int pympr_has_openmp(void)
{
    return 1;
}
#else
int pympr_set_threads(int threads)
{
    (void)threads;
    return 1;
}

int pympr_get_threads(void)
{
    return 1;
}

int pympr_has_openmp(void)
{
    return 0;
}
#endif
