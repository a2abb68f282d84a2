#define _GNU_SOURCE
#include "CLinuxProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

// Calls async-signal-safe functions only, as other threads of the parent may hold any lock.
static _Noreturn void become(
    pid_t parent, const char *path, char *const argv[], char *const envp[], int output, int end) {
    // The parent may have ended before prctl.
    if (prctl(PR_SET_PDEATHSIG, end) != 0 || getppid() != parent) _exit(127);
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || setsid() < 0) _exit(127);
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    execve(path, argv, envp);
    _exit(127);
}

int clp_spawn_bound(
    pid_t *pid, const char *path, char *const argv[], char *const envp[], int output, int end) {
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) become(parent, path, argv, envp, output, end);
    *pid = child;
    return child < 0 ? -errno : 0;
}
