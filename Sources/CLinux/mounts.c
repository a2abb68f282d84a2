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

struct question {
  bool wants_device;
  // A path of the mount table behind /proc/1/root.
  char path[PATH_MAX + 64];
};

void linux_ask_mount(const char *path, bool wants_device, struct linux_mount_answer *answer) {
  memset(answer, 0, sizeof *answer);
  if (statvfs(path, &answer->figures) != 0) return;
  struct stat node = {0};
  if (wants_device && stat(path, &node) != 0) return;
  answer->device = node.st_dev;
  answer->is_found = true;
}

// All but the descriptor 0.
static void close_others(void) {
  if (syscall(SYS_close_range, 1, ~0U, 0) == 0) return;
  // Before Linux 5.9.
  struct rlimit limit = {1024, 1024};
  getrlimit(RLIMIT_NOFILE, &limit);
  for (rlim_t each = 1; each < limit.rlim_cur && each < 65536; each++) close((int)each);
}

static void answer_questions(int socket) {
  struct question question;
  struct linux_mount_answer answer;
  for (;;) {
    ssize_t count = recv(socket, &question, sizeof question, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count != sizeof question) _exit(0);
    linux_ask_mount(question.path, question.wants_device, &answer);
    if (send(socket, &answer, sizeof answer, MSG_NOSIGNAL) < 0) _exit(0);
  }
}

int linux_prober_start(int *pid) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  *pid = fork();
  if (*pid == 0) {
    // Nothing of what the parent has open may stay open because a mount hangs, its locks least of all.
    if (dup2(ends[1], 0) < 0) _exit(1);
    close_others();
    prctl(PR_SET_NAME, "mount-prober");
    answer_questions(0);
  }
  int problem = errno;
  close(ends[1]);
  if (*pid > 0) return ends[0];
  close(ends[0]);
  errno = problem;
  return -1;
}

bool linux_prober_ask(int socket, const char *path, bool wants_device, struct linux_mount_answer *answer) {
  memset(answer, 0, sizeof *answer);
  struct question question = {.wants_device = wants_device};
  size_t length = strlen(path);
  if (length >= sizeof question.path) return true;
  memcpy(question.path, path, length);
  if (send(socket, &question, sizeof question, MSG_NOSIGNAL) < 0) return false;
  ssize_t count;
  do count = recv(socket, answer, sizeof *answer, 0);
  while (count < 0 && errno == EINTR);
  return count == sizeof *answer;
}
