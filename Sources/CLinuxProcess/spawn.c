#define _GNU_SOURCE
#include "CLinuxProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// posix_spawn(3) can set neither the umask nor oom_score_adj, and returns the same error number for
// the working directory and the program. So its sequence of vfork(2) and execve(2) is repeated here
// with those additions. The child shares the memory of the parent, in which wrappers of the C library
// may keep state: between the two, system calls are made directly and nothing else.

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

struct plan {
    const char *path;
    char *const *argv;
    char *const *envp;
    const char *directory;
    const clp_user *user;
    int output;
    int error;
    int report;
    int oom_score_adjustment;
};

struct failure {
    int step;
    int code;
};

/// The size of the kernel's own signal set.
enum { signal_set_size = 8, last_signal = 64 };

static _Noreturn void fail(const struct plan *plan, clp_step step) {
    struct failure failure = {step, errno};
    syscall(SYS_write, plan->report, &failure, sizeof(failure));
    for (;;) syscall(SYS_exit_group, 127);
}

/// Best effort, as a sandbox may hide /proc. Never lowers the inherited value.
static void raise_oom_score_adjustment(int adjustment) {
    char text[16];
    long file = syscall(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_RDWR, 0);
    if (file < 0) return;
    long count = syscall(SYS_read, file, text, sizeof(text) - 1);
    text[count > 0 ? count : 0] = 0;
    int negative = text[0] == '-';
    int inherited = 0;
    for (const char *digit = text + negative; *digit >= '0' && *digit <= '9'; digit++) {
        inherited = inherited * 10 + (*digit - '0');
    }
    if (negative) inherited = -inherited;
    if (count > 0 && inherited < adjustment) {
        char *start = text + sizeof(text);
        for (int rest = adjustment; rest > 0; rest /= 10) *--start = (char)('0' + rest % 10);
        syscall(SYS_write, file, start, text + sizeof(text) - start);
    }
    syscall(SYS_close, file);
}

/// Closes all descriptors from 4 on. Descriptor 3 is the report pipe, which is close-on-exec.
static void close_inherited(void) {
    if (syscall(SYS_close_range, 4, ~0U, 0) == 0) return;
    // Before Linux 5.9.
    struct rlimit limit = {1024, 1024};
    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    for (rlim_t each = 4; each < limit.rlim_cur && each < 65536; each++) syscall(SYS_close, (int)each);
}

/// Drops all privileges irrevocably, also for programs that the program executes.
static void become_user(const struct plan *plan) {
    const clp_user *user = plan->user;
    if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail(plan, clp_step_user);
    // Without CAP_SETPCAP the bounding set is kept, which no_new_privs makes ineffective.
    for (long capability = 0; capability <= 63; capability++) {
        if (syscall(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) break;
    }
    syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_setgroups, user->groupCount, user->groups) < 0) fail(plan, clp_step_user);
    if (syscall(SYS_setresgid, user->group, user->group, user->group) < 0) fail(plan, clp_step_user);
    if (syscall(SYS_setresuid, user->user, user->user, user->user) < 0) fail(plan, clp_step_user);
    // Inheritable capabilities survive a change of the user.
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capset, &header, none) < 0) fail(plan, clp_step_user);
}

static __attribute__((noinline)) _Noreturn void become(struct plan *plan) {
    // All zero is SIG_DFL without flags on every architecture.
    static const unsigned long default_action[8];
    for (int signal = 1; signal <= last_signal; signal++) {
        syscall(SYS_rt_sigaction, signal, default_action, NULL, signal_set_size);
    }
    if (syscall(SYS_setsid) < 0) fail(plan, clp_step_setup);
    syscall(SYS_umask, 022);

    long input = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0);
    if (input < 0) fail(plan, clp_step_setup);
    if (input != 0 && syscall(SYS_dup3, input, 0, 0) < 0) fail(plan, clp_step_setup);
    if (syscall(SYS_dup3, plan->output, 1, 0) < 0) fail(plan, clp_step_setup);
    if (syscall(SYS_dup3, plan->error, 2, 0) < 0) fail(plan, clp_step_setup);
    if (plan->report != 3) {
        if (syscall(SYS_dup3, plan->report, 3, O_CLOEXEC) < 0) fail(plan, clp_step_setup);
        plan->report = 3;
    }
    close_inherited();
    raise_oom_score_adjustment(plan->oom_score_adjustment);
    // Change the user first, so that directory and program are checked with the permissions of that user.
    if (plan->user) become_user(plan);

    if (syscall(SYS_chdir, plan->directory) < 0) fail(plan, clp_step_directory);
    static const unsigned long no_signals[2];
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, no_signals, NULL, signal_set_size);
    syscall(SYS_execve, plan->path, plan->argv, plan->envp);
    fail(plan, clp_step_execute);
}

static int start(pid_t *pid, struct plan *plan) {
    // A signal handler in the child would change the parent's memory.
    sigset_t all, previous;
    memset(&all, 0xff, sizeof(all));
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &previous, signal_set_size);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    pid_t child = vfork();
#pragma GCC diagnostic pop
    if (child == 0) become(plan);
    int code = child < 0 ? errno : 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &previous, NULL, signal_set_size);
    // A change of the user clears the dumpable flag of the memory, which the parent shares. That is right while the child runs
    // in it, as that user could trace the child otherwise.
    if (plan->user && dumpable == 1) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    *pid = child;
    return -code;
}

int clp_spawn(
    pid_t *pid, clp_step *failed, const char *path, char *const argv[], char *const envp[],
    const char *directory, const clp_user *user, int output, int error, int oomScoreAdjustment) {
    *failed = clp_step_process;
    int report[2];
    int rc = clp_pipe(&report[0], &report[1]);
    if (rc != 0) return rc;
    fcntl(report[0], F_SETFL, 0);
    struct plan plan = {
        .path = path, .argv = argv, .envp = envp, .directory = directory, .user = user,
        .output = output, .error = error, .report = report[1],
        .oom_score_adjustment = oomScoreAdjustment,
    };
    rc = start(pid, &plan);
    close(report[1]);
    if (rc == 0) {
        struct failure failure;
        ssize_t count;
        do {
            count = read(report[0], &failure, sizeof(failure));
        } while (count < 0 && errno == EINTR);
        if (count == sizeof(failure)) {
            *failed = (clp_step)failure.step;
            rc = -failure.code;
            while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR) {}
        }
    }
    close(report[0]);
    return rc;
}
