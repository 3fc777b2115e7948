// Preloaded into Postgres: every fsync and fdatasync takes FSYNC_US microseconds longer, as on a disk that has to write.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void pause_for_flush(void) {
  static long us = -1;
  if (us < 0) {
    const char *given = getenv("FSYNC_US");
    us = given ? atol(given) : 0;
  }
  if (us == 0) return;
  struct timespec time = {us / 1000000, (us % 1000000) * 1000};
  nanosleep(&time, NULL);
}

int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  int result = real(fd);
  pause_for_flush();
  return result;
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  int result = real(fd);
  pause_for_flush();
  return result;
}
