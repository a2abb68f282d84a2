#ifndef CLINUXPROCESS_H
#define CLINUXPROCESS_H

#include <sys/types.h>

// The Linux process calls that Swift's Glibc module does not show: GNU extensions, variadic
// functions and raw system calls. Functions return 0 (or a descriptor) on success and a negated
// errno otherwise.

/// What could not be done, when a program could not be started.
typedef enum clp_step {
    /// Making the process.
    clp_step_process,
    /// Session, standard streams and descriptors.
    clp_step_setup,
    /// Becoming the user.
    clp_step_user,
    /// Entering the folder.
    clp_step_directory,
    /// Executing the program.
    clp_step_execute,
} clp_step;

/// Whom a program runs as.
typedef struct clp_user {
    uid_t user;
    gid_t group;
    /// The supplementary groups.
    const gid_t *groups;
    size_t groupCount;
} clp_user;

/// Starts `path` in a new session (so a new process group, no controlling terminal) with /dev/null
/// as standard input, `output` and `error` (both above 2) as descriptors 1 and 2, no other
/// descriptor, umask 022, an empty signal mask, default signal dispositions and an oom_score_adj of
/// at least `oomScoreAdjustment` (best effort). With a `user` (not root) it runs as that user, without
/// any capability and with no way to come by one: no_new_privs, so that a setuid program has no effect.
/// Returns when the program runs, or with `failed` set.
int clp_spawn(
    pid_t *pid, clp_step *failed, const char *path, char *const argv[], char *const envp[],
    const char *directory, const clp_user *user, int output, int error, int oomScoreAdjustment);

/// Starts `path` so that the kernel sends it the signal `end` when the calling thread ends, however that happens: that thread
/// has to live for as long as the program shall. New session, /dev/null as standard input, `output` as descriptors 1 and 2,
/// other descriptors as their close-on-exec says. A program that cannot be executed ends with the status 127.
int clp_spawn_bound(
    pid_t *pid, const char *path, char *const argv[], char *const envp[], int output, int end);

/// A pipe whose ends are close-on-exec and above descriptor 2; the read end does not block.
int clp_pipe(int *readEnd, int *writeEnd);

/// pidfd_open(2): readable once the process has ended. Close-on-exec.
int clp_pidfd_open(pid_t pid);

/// pidfd_send_signal(2).
int clp_pidfd_send_signal(int pidfd, int signal);

/// Names the calling thread (at most 15 bytes), as `ps -L` shows it.
void clp_name_thread(const char *name);

typedef enum clp_child_state {
    clp_child_running,
    clp_child_exited,
    clp_child_signalled,
    clp_child_gone,
} clp_child_state;

/// Looks at the child `pid` without waiting. `status` is the exit code or the signal. With `reap`
/// the ended child is removed from the process table, without it it stays for a later call.
clp_child_state clp_child(pid_t pid, int *status, int reap);

/// A child of this process that has ended and was not reaped yet, or 0. Reaps nothing.
pid_t clp_ended_child(void);

/// PR_SET_CHILD_SUBREAPER, and a SIGCHLD handler that writes one byte to `wakeDescriptor` (which
/// must not block).
int clp_become_subreaper(int wakeDescriptor);

#endif
