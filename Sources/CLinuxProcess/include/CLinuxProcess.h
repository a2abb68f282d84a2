#ifndef CLINUXPROCESS_H
#define CLINUXPROCESS_H

#include <sys/types.h>

// Linux process functions that Swift's Glibc module does not import: GNU extensions, variadic
// functions and raw system calls. They return 0 (or a descriptor) on success and a negated errno
// otherwise.

/// The step at which the start of a program failed.
typedef enum clp_step {
    /// Creating the process.
    clp_step_process,
    /// Setting up session, standard streams and descriptors.
    clp_step_setup,
    /// Changing the user.
    clp_step_user,
    /// Changing the working directory.
    clp_step_directory,
    /// Executing the program.
    clp_step_execute,
} clp_step;

/// The credentials of a program.
typedef struct clp_user {
    uid_t user;
    gid_t group;
    /// The supplementary groups.
    const gid_t *groups;
    size_t groupCount;
} clp_user;

/// Starts `path` in a new session (so a new process group, no controlling terminal) with /dev/null
/// as standard input, `output` and `error` (both above 2) as descriptors 1 and 2, no other
/// descriptors, umask 022, an empty signal mask, default signal dispositions and an oom_score_adj of
/// at least `oomScoreAdjustment` (best effort). With a `user` (not root) it runs as that user, without
/// capabilities and with no_new_privs, so that it cannot gain any from a set-user-ID program.
/// Returns when the program was executed, or with `failed` set.
int clp_spawn(
    pid_t *pid, clp_step *failed, const char *path, char *const argv[], char *const envp[],
    const char *directory, const clp_user *user, int output, int error, int oomScoreAdjustment);

/// Starts `path` with the parent death signal `end` (PR_SET_PDEATHSIG): the kernel sends it when the calling thread ends, so that
/// thread must outlive the program. New session, /dev/null as standard input, `output` as descriptors 1 and 2; other descriptors
/// are inherited unless they are close-on-exec. A program that cannot be executed exits with 127.
int clp_spawn_bound(
    pid_t *pid, const char *path, char *const argv[], char *const envp[], int output, int end);

/// Creates a pipe with close-on-exec ends above descriptor 2 and a non-blocking read end.
int clp_pipe(int *readEnd, int *writeEnd);

/// pidfd_open(2): readable once the process has ended. Close-on-exec.
int clp_pidfd_open(pid_t pid);

/// pidfd_send_signal(2).
int clp_pidfd_send_signal(int pidfd, int signal);

/// Names the calling thread (at most 15 bytes); `ps -L` shows the name.
void clp_name_thread(const char *name);

typedef enum clp_child_state {
    clp_child_running,
    clp_child_exited,
    clp_child_signalled,
    clp_child_gone,
} clp_child_state;

/// Returns the state of the child `pid` without blocking. `status` is the exit code or the signal. With
/// `reap` an ended child is reaped, otherwise it stays a zombie for a later call.
clp_child_state clp_child(pid_t pid, int *status, int reap);

/// Returns an ended child of this process that was not reaped yet, or 0. Does not reap it.
pid_t clp_ended_child(void);

/// Sets PR_SET_CHILD_SUBREAPER, and installs a SIGCHLD handler that writes one byte to the non-blocking
/// `wakeDescriptor`.
int clp_become_subreaper(int wakeDescriptor);

#endif
