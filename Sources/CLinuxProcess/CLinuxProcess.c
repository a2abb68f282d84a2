#define _GNU_SOURCE
#include "CLinuxProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
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

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    int rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0) rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0) {
        rc = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    return rc;
}

static int set_actions(
    posix_spawn_file_actions_t *actions, const char *directory, int output, int error) {
    int rc = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0) rc = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (rc == 0) rc = posix_spawn_file_actions_adddup2(actions, error, 2);
    if (rc == 0) rc = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    if (rc == 0) rc = posix_spawn_file_actions_addchdir_np(actions, directory);
    return rc;
}

int clp_spawn(
    pid_t *pid, const char *path, char *const argv[], char *const envp[], const char *directory,
    int output, int error) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int rc = posix_spawnattr_init(&attributes);
    if (rc != 0) return -rc;
    rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0) {
        posix_spawnattr_destroy(&attributes);
        return -rc;
    }
    rc = set_attributes(&attributes);
    if (rc == 0) rc = set_actions(&actions, directory, output, error);
    if (rc == 0) rc = posix_spawn(pid, path, &actions, &attributes, argv, envp);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -rc;
}

/// Moves a descriptor out of the place of a standard stream that is closed in this process.
static int above_standard_streams(int descriptor) {
    if (descriptor < 0 || descriptor > 2) return descriptor;
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    int problem = errno;
    close(descriptor);
    errno = problem;
    return moved;
}

int clp_pipe(int *readEnd, int *writeEnd) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    ends[0] = above_standard_streams(ends[0]);
    int problem = ends[0] < 0 ? errno : 0;
    ends[1] = above_standard_streams(ends[1]);
    if (ends[1] < 0 && problem == 0) problem = errno;
    if (problem == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) problem = errno;
    if (problem != 0) {
        if (ends[0] >= 0) close(ends[0]);
        if (ends[1] >= 0) close(ends[1]);
        return -problem;
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

int clp_unshare_filesystem_attributes(void) {
    return unshare(CLONE_FS) != 0 ? -errno : 0;
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
    int problem = errno;
    ssize_t written = write(child_wake_descriptor, "c", 1);
    (void)written;
    errno = problem;
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
