#include "CLinux.h"

#include <sys/timerfd.h>

static struct timespec time_of(int64_t nanoseconds) {
  struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  return time;
}

int linux_timer_create(void) {
  return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
}

int linux_timer_set(int descriptor, int64_t first, int64_t interval) {
  struct itimerspec setting = {.it_value = time_of(first), .it_interval = time_of(interval)};
  return timerfd_settime(descriptor, 0, &setting, 0);
}
