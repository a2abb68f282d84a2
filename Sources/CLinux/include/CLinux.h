#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stdint.h>
// No header that declares timespec may be included here. If this module is loaded before Glibc, the structure would belong to this
// module, and whole-module builds would not find it in Glibc.
#include <sys/statvfs.h>

/// timerfd_create(2) on the monotonic clock, close-on-exec; -1 with errno on failure.
int linux_timer_create(void);

/// timerfd_settime(2) with relative times in nanoseconds; a first time of 0 stops the timer.
int linux_timer_set(int descriptor, int64_t first, int64_t interval);

/// Whether the kernel considers its clock synchronised: adjtimex(2) without STA_UNSYNC.
bool linux_clock_is_synchronised(void);

/// fallocate(2) with FALLOC_FL_KEEP_SIZE: allocates disk space beyond the end of a file. 0, or the error number.
int linux_reserve(int descriptor, int64_t offset, int64_t length);

/// memfd_create(2), close-on-exec; -1 with errno on failure.
int linux_memory_file(const char *name);

/// The result of probing a mount.
struct linux_mount_status {
  /// Whether the calls succeeded.
  bool is_valid;
  /// statvfs(3).
  struct statvfs statistics;
  /// The device of the path, if requested: st_dev of stat(2).
  unsigned long device;
};

/// Calls statvfs(3) for the mount at a path. Blocks until the mount responds.
void linux_probe_mount(const char *path, bool wants_device, struct linux_mount_status *status);

/// Starts a child process that probes mounts. It only makes system calls, and ends when its socket is closed.
/// Returns the socket, close-on-exec; -1 with errno on failure.
int linux_prober_start(int *pid);

/// Probes a mount in the child process and waits for the result. False if the process has ended.
bool linux_prober_request(int socket, const char *path, bool wants_device, struct linux_mount_status *status);

/// malloc_trim(3): returns the free pages of all heaps to the system. Does nothing with a C library without it.
void linux_release_free_pages(void);

#endif
