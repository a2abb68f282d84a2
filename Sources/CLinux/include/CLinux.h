#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stdint.h>

/// timerfd_create(2) on the monotonic clock, closed on exec; -1 with errno where it fails.
int linux_timer_create(void);

/// timerfd_settime(2) with relative times in nanoseconds; a first time of 0 stops the timer.
int linux_timer_set(int descriptor, int64_t first, int64_t interval);

/// Whether the kernel takes its clock for synchronised: adjtimex(2) without STA_UNSYNC.
bool linux_clock_is_synchronised(void);

/// fallocate(2) with FALLOC_FL_KEEP_SIZE: gives a file room on its disk beyond its end. 0, or the error number.
int linux_reserve(int descriptor, int64_t offset, int64_t length);

/// memfd_create(2), closed on exec; -1 with errno where it fails.
int linux_memory_file(const char *name);

#endif
