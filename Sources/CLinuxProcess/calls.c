#define _GNU_SOURCE
#include "CLinuxProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/// Moves a descriptor above those of the standard streams, which may be closed in this process.
static int above_standard_streams(int descriptor) {
    if (descriptor < 0 || descriptor > 2) return descriptor;
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    int code = errno;
    close(descriptor);
    errno = code;
    return moved;
}

int clp_pipe(int *readEnd, int *writeEnd) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    ends[0] = above_standard_streams(ends[0]);
    int code = ends[0] < 0 ? errno : 0;
    ends[1] = above_standard_streams(ends[1]);
    if (ends[1] < 0 && code == 0) code = errno;
    if (code == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) code = errno;
    if (code != 0) {
        if (ends[0] >= 0) close(ends[0]);
        if (ends[1] >= 0) close(ends[1]);
        return -code;
    }
    *readEnd = ends[0];
    *writeEnd = ends[1];
    return 0;
}

int clp_pidfd_open(pid_t pid) {
    long rc = syscall(SYS_pidfd_open, pid, 0);
    return rc < 0 ? -errno : (int)rc;
}

int clp_pidfd_send_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

void clp_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

clp_child_state clp_child(pid_t pid, int *status, int reap) {
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    int rc;
    do {
        rc = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | (reap ? 0 : WNOWAIT));
    } while (rc != 0 && errno == EINTR);
    if (rc != 0) return clp_child_gone;
    if (info.si_pid == 0) return clp_child_running;
    *status = info.si_status;
    return info.si_code == CLD_EXITED ? clp_child_exited : clp_child_signalled;
}

pid_t clp_ended_child(void) {
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    int rc;
    do {
        rc = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (rc != 0 && errno == EINTR);
    return rc != 0 ? 0 : info.si_pid;
}

static volatile sig_atomic_t child_wake_descriptor = -1;

static void child_ended(int signal) {
    (void)signal;
    int code = errno;
    ssize_t written = write(child_wake_descriptor, "c", 1);
    (void)written;
    errno = code;
}

int clp_become_subreaper(int wakeDescriptor) {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return -errno;
    child_wake_descriptor = wakeDescriptor;
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = child_ended;
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGCHLD, &action, NULL) != 0 ? -errno : 0;
}
