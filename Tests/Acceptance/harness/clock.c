/* Preloaded into a program: its CLOCK_REALTIME is CLOCK_OFFSET_S seconds off, or those in the file CLOCK_OFFSET_FILE, and never
   synchronised. No clock is set. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static long offset_in(const char *path) {
  char text[32] = {0};
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  return size > 0 ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*original)(clockid_t, struct timespec *);
  if (!original) *(void **)&original = dlsym(RTLD_NEXT, "clock_gettime");
  int result = original(clock, time);
  const char *offset = getenv("CLOCK_OFFSET_S");
  if (result == 0 && clock == CLOCK_REALTIME && offset) time->tv_sec += atol(offset);
  const char *path = getenv("CLOCK_OFFSET_FILE");
  if (result == 0 && clock == CLOCK_REALTIME && path) time->tv_sec += offset_in(path);
  return result;
}

int adjtimex(struct timex *state) {
  static int (*original)(struct timex *);
  if (!original) *(void **)&original = dlsym(RTLD_NEXT, "adjtimex");
  int result = original(state);
  state->status |= STA_UNSYNC;
  return result < 0 ? result : TIME_ERROR;
}
