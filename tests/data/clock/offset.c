/* A wall clock that is CLOCK_OFFSET seconds ahead, for the program that this is preloaded into; with CLOCK_FILE only while
   there is such a file: then it is set as the file comes. Monotonic time stays. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    const char *offset = getenv("CLOCK_OFFSET");
    const char *file = getenv("CLOCK_FILE");
    if (!failed && clock == CLOCK_REALTIME && offset && (!file || access(file, F_OK) == 0))
        now->tv_sec += atol(offset);
    return failed;
}
