/* Makes every write to the disk take 5 ms longer, or SLOW_SYNC_US microseconds, to see what a slow disk does to the journal.
 *
 *   cc -O2 -shared -fPIC -o slow-sync.so benches/slow-sync.c -ldl
 *   LD_PRELOAD=$PWD/slow-sync.so skattebro krav opprett …
 *
 * SQLite finds fsync and fdatasync in the C library, so that preloading is enough. Linux.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void linger(void) {
    const char *told = getenv("SLOW_SYNC_US");
    long us = told ? atol(told) : 5000;
    struct timespec length = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&length, NULL);
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    linger();
    return real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    linger();
    return real(file);
}
