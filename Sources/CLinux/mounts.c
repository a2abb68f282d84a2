#include "CLinux.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

struct probe_request {
  bool wants_device;
  // A path of the mount table, prefixed by /proc/1/root.
  char path[PATH_MAX + 64];
};

void linux_probe_mount(const char *path, bool wants_device, struct linux_mount_status *status) {
  memset(status, 0, sizeof *status);
  if (statvfs(path, &status->statistics) != 0) return;
  struct stat node = {0};
  if (wants_device && stat(path, &node) != 0) return;
  status->device = node.st_dev;
  status->is_valid = true;
}

// Closes all descriptors except 0.
static void close_others(void) {
  if (syscall(SYS_close_range, 1, ~0U, 0) == 0) return;
  // Before Linux 5.9.
  struct rlimit limit = {1024, 1024};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (rlim_t each = 1; each < limit.rlim_cur && each < 65536; each++) close((int)each);
}

static void serve_requests(int socket) {
  struct probe_request request;
  struct linux_mount_status status;
  for (;;) {
    ssize_t count = recv(socket, &request, sizeof request, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count != sizeof request) _exit(0);
    linux_probe_mount(request.path, request.wants_device, &status);
    if (send(socket, &status, sizeof status, MSG_NOSIGNAL) < 0) _exit(0);
  }
}

int linux_prober_start(int *pid) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  *pid = fork();
  if (*pid == 0) {
    // A blocked mount must not keep the parent's files open, or their locks held.
    if (dup2(ends[1], 0) < 0) _exit(1);
    close_others();
    prctl(PR_SET_NAME, "mount-prober");
    serve_requests(0);
  }
  int problem = errno;
  close(ends[1]);
  if (*pid > 0) return ends[0];
  close(ends[0]);
  errno = problem;
  return -1;
}

bool linux_prober_request(int socket, const char *path, bool wants_device, struct linux_mount_status *status) {
  memset(status, 0, sizeof *status);
  struct probe_request request = {.wants_device = wants_device};
  size_t length = strlen(path);
  if (length >= sizeof request.path) return true;
  memcpy(request.path, path, length);
  if (send(socket, &request, sizeof request, MSG_NOSIGNAL) < 0) return false;
  ssize_t count;
  do count = recv(socket, status, sizeof *status, 0);
  while (count < 0 && errno == EINTR);
  return count == sizeof *status;
}
