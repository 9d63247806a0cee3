#define _GNU_SOURCE
#include "flags.h"

#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "status.h"

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define YIELDS 32
#define LONGEST_SLEEP_NS 1000000

/* Line 0: who has come. Line 1: meetings that are over, and who sleeps. Then a line a rank. */
typedef struct {
    _Alignas(PYMPR_FLAGS_LINE) _Atomic uint32_t come;
} come_line;

typedef struct {
    _Alignas(PYMPR_FLAGS_LINE) _Atomic uint32_t over;
    _Atomic uint32_t sleepers;
} over_line;

/* A rank is at most one meeting ahead of a slow reader, so two statuses in turn are enough. */
typedef struct {
    _Alignas(PYMPR_FLAGS_LINE) _Atomic uint32_t count;
    int64_t status[2];
} rank_line;

typedef struct {
    come_line first;
    over_line second;
    rank_line ranks[];
} board_lines;

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void sleep_until_over(over_line *line, uint32_t seen)
{
    struct timespec longest = {0, LONGEST_SLEEP_NS};
#ifdef __linux__
    atomic_fetch_add(&line->sleepers, 1);
    /* The kernel compares once more, so a wake-up between the check and the sleep is not lost. */
    syscall(SYS_futex, (uint32_t *)&line->over, FUTEX_WAIT, seen, &longest, NULL, 0);
    atomic_fetch_sub(&line->sleepers, 1);
#else
    (void)line;
    (void)seen;
    longest.tv_nsec = LONGEST_SLEEP_NS / 20;
    nanosleep(&longest, NULL);
#endif
}

static void wake_all(over_line *line)
{
#ifdef __linux__
    if (atomic_load(&line->sleepers) > 0)
        syscall(SYS_futex, (uint32_t *)&line->over, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
#else
    (void)line;
#endif
}

static int64_t worst_status(const board_lines *board, int64_t size, uint32_t meeting)
{
    int64_t worst = 0;
    for (int64_t rank = 0; rank < size; rank++) {
        int64_t status = board->ranks[rank].status[meeting & 1];
        worst = status > worst ? status : worst;
    }
    return worst;
}

/* Meetings are counted modulo 2^32. */
static inline int is_over(board_lines *board, uint32_t meeting)
{
    return (int32_t)(atomic_load_explicit(&board->second.over, memory_order_acquire) - meeting) >= 0;
}

static int wait_for(board_lines *board, uint32_t meeting, int64_t spins, int64_t timeout_us)
{
    for (int64_t spin = 0; spin < spins; spin++) {
        if (is_over(board, meeting))
            return PYMPR_OK;
        relax();
    }
    for (int yields = 0; yields < YIELDS; yields++) {
        if (is_over(board, meeting))
            return PYMPR_OK;
        sched_yield();
    }
    int64_t end_us = now_us() + timeout_us;
    while (!is_over(board, meeting)) {
        if (now_us() > end_us)
            return PYMPR_FULL;
        sleep_until_over(&board->second, meeting - 1);
    }
    return PYMPR_OK;
}

int pympr_flags_meet(int64_t *worst, uint8_t *memory, int64_t size, int64_t rank, int64_t status, int64_t spins,
                     int64_t timeout_us)
{
    board_lines *board = (board_lines *)memory;
    uint32_t meeting = atomic_load_explicit(&board->ranks[rank].count, memory_order_relaxed) + 1;
    board->ranks[rank].status[meeting & 1] = status;
    atomic_store_explicit(&board->ranks[rank].count, meeting, memory_order_release);
    if (atomic_fetch_add(&board->first.come, 1) + 1 == (uint32_t)size) {
        atomic_store_explicit(&board->first.come, 0, memory_order_relaxed);
        atomic_store(&board->second.over, meeting);
        wake_all(&board->second);
    }
    return pympr_flags_wait(worst, memory, size, rank, spins, timeout_us);
}

int pympr_flags_wait(int64_t *worst, uint8_t *memory, int64_t size, int64_t rank, int64_t spins, int64_t timeout_us)
{
    board_lines *board = (board_lines *)memory;
    uint32_t meeting = atomic_load_explicit(&board->ranks[rank].count, memory_order_relaxed);
    int status = wait_for(board, meeting, spins, timeout_us);
    if (status == PYMPR_OK)
        *worst = worst_status(board, size, meeting);
    return status;
}

int64_t pympr_flags_count(const uint8_t *memory, int64_t rank)
{
    const board_lines *board = (const board_lines *)memory;
    return atomic_load_explicit(&board->ranks[rank].count, memory_order_acquire);
}
