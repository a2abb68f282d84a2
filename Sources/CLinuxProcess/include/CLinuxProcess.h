#ifndef CLINUXPROCESS_H
#define CLINUXPROCESS_H

#include <sys/types.h>

// Linux process calls that Swift's Glibc module does not export: GNU extensions, variadic
// functions and raw system calls. Functions return 0 (or a descriptor) on success, or a negated
// errno.

/// The step that failed when a program could not be started.
typedef enum clp_step {
    /// Creating the process.
    clp_step_process,
    /// Session, standard streams and descriptors.
    clp_step_setup,
    /// Switching to the user.
    clp_step_user,
    /// Changing to the directory.
    clp_step_directory,
    /// Executing the program.
    clp_step_execute,
} clp_step;

/// The user that a program runs as.
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
/// any capability and with no_new_privs, so that setuid programs can't gain privileges.
/// Returns when the program runs, or with `failed` set.
int clp_spawn(
    pid_t *pid, clp_step *failed, const char *path, char *const argv[], char *const envp[],
    const char *directory, const clp_user *user, int output, int error, int oomScoreAdjustment);

/// Starts `path` so that the kernel sends it the signal `end` when the calling thread ends for any reason. The thread has to
/// live as long as the program. New session, /dev/null as standard input, `output` as descriptors 1 and 2, other descriptors
/// unless they are close-on-exec. If the program cannot be executed, the process exits with status 127.
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

/// Returns the state of the child `pid` without waiting. `status` is the exit code or the signal. With `reap`
/// an ended child is removed from the process table; otherwise it stays for a later call.
clp_child_state clp_child(pid_t pid, int *status, int reap);

/// Returns a child of this process that has ended and was not reaped, or 0. Does not reap it.
pid_t clp_ended_child(void);

/// Sets PR_SET_CHILD_SUBREAPER, and a SIGCHLD handler that writes one byte to `wakeDescriptor`, which
/// has to be non-blocking.
int clp_become_subreaper(int wakeDescriptor);

#endif
