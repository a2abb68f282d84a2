#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stdint.h>
// No header that declares timespec: where this module is loaded before Glibc, the structure would count as its own, and whole-module
// builds would not find it in Glibc.
#include <sys/statvfs.h>

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

/// What a mount says of itself.
struct linux_mount_answer {
  /// Whether there was an answer, and not an error.
  bool is_found;
  /// statvfs(3).
  struct statvfs figures;
  /// The device that the path leads to, where that was wanted: st_dev of stat(2).
  unsigned long device;
};

/// Asks the mount at a path. Blocks for as long as it does.
void linux_ask_mount(const char *path, bool wants_device, struct linux_mount_answer *answer);

/// Starts a process that asks mounts: a child of this one that only makes system calls, and ends when its socket is closed.
/// Gives the socket, closed on exec; -1 with errno where it fails.
int linux_prober_start(int *pid);

/// Has a process ask, and waits for it. False when the process has ended.
bool linux_prober_ask(int socket, const char *path, bool wants_device, struct linux_mount_answer *answer);

/// malloc_trim(3): gives the free pages of all heaps back to the system. Does nothing where the C library has no such call.
void linux_release_free_pages(void);

#endif
