/*
 * sandbox.h - what a child may touch, and the plan by which the launcher makes it so.
 *
 * Every child starts through the launcher, a small static program run from a sealed memfd: it reads
 * a plan from its control descriptor, sets namespaces, mounts, Landlock, limits and seccomp, and
 * becomes pid 1 above the command. Without a sandbox (SANDBOX_FULL_ACCESS) it still makes a session
 * and process group, dies with its parent, and as subreaper ends what the command leaves behind.
 * This header is the only one that the launcher shares with the rest; it includes nothing of ours.
 */
#ifndef PLATFORM_SANDBOX_H
#define PLATFORM_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sandbox_level { SANDBOX_READ_ONLY, SANDBOX_WORKSPACE_WRITE, SANDBOX_FULL_ACCESS };

/* What a session's commands may touch. Paths are canonical and absolute, borrowed. */
struct sandbox_spec {
    enum sandbox_level level;
    const char *workspace;        /* writable root of workspace-write; never from the model */
    const char *const *writable;  /* further writable roots, NULL-ended; or NULL */
    const char *const *masked;    /* rein's own folders: empty inside, NULL-ended */
    const char *readable_results; /* the session's results folder, bound read-only; or NULL */
    const char *home;             /* the user's home, for the masks of security.md 3.3 */
    uint64_t max_processes;       /* 0: 512 */
    uint64_t max_memory;          /* bytes, 0: the smaller of 4 GiB and half of RAM */
    uint64_t max_file_size;       /* bytes, 0: 2 GiB */
    const char *state;            /* folder for the journal of placeholders; NULL: none made */
};

/* ---- the plan: what the harness writes and the launcher does without deciding anything ------- */

/*
 * The launcher is started with three descriptors beside /dev/null as 0, 1 and 2:
 *   LAUNCH_CONTROL  SOCK_SEQPACKET: requests in, one `struct launch_report` out, its end is the end
 *   LAUNCH_SETUP    SOCK_SEQPACKET: the command in (with descriptors), faults and readiness out;
 *                   closed by the command's exec, so its end without a fault means "it runs"
 *   LAUNCH_PLAN     the plan's bytes in a memfd
 */
enum { LAUNCH_CONTROL = 3, LAUNCH_SETUP = 4, LAUNCH_PLAN = 5 };

#define PLAN_MAGIC 0x6e69726cu
enum { PLAN_VERSION = 2, PLAN_SIZE_MAX = 1 << 20, PLAN_ROWS_MAX = 1000 };
enum { COMMAND_SIZE_MAX = 4 << 20 };

/* What a row does with its path. Rows come sorted by path, parents before what is below them; of
 * two rows for one path the later wins. Paths are absolute and canonical but for a last symlink. */
enum plan_kind {
    PLAN_PRIVATE,    /* an empty folder of the sandbox's own, writable; skipped when not there */
    PLAN_MASK,       /* empty, read-only folder or file; skipped when not there */
    PLAN_WRITABLE,   /* the folder that is there, writable; stands also below the two above */
    PLAN_READABLE,   /* likewise, read-only */
    PLAN_PIN,        /* a folder that can't be renamed away (bound onto itself) */
    PLAN_GUARD,      /* a file, folder or symlink that can't be changed or replaced */
    PLAN_PLACE_FILE, /* as a guard, and a placeholder is made where the name is missing */
    PLAN_PLACE_FOLDER,
    PLAN_EXCLUDE, /* git's list of names to leave alone: with the placeholders below `root` */
    PLAN_KINDS
};

struct plan_row {
    uint32_t kind;
    uint32_t path;          /* offset of a NUL-ended string from the plan's start */
    uint32_t holds;         /* a mask below which later rows need mount points */
    uint32_t root;          /* of an exclude row: the repository's folder, as `path`; else 0 */
    uint64_t device, inode; /* of a writable or readable folder: it must still be the same one */
};

/* The head; `rows` rows follow, then the strings. */
struct plan {
    uint32_t magic, version, size;
    uint32_t level;  /* enum sandbox_level */
    uint32_t parent; /* the harness's process id */
    uint32_t rows;
    uint32_t wait_ms;        /* how long to wait for the command before giving up */
    uint32_t journal;        /* path of the placeholder journal, or 0: no placeholders */
    uint32_t cgroup_process; /* folder to make a cgroup in: v2, or v1 `pids`; or 0 */
    uint32_t cgroup_memory;  /* v1 `memory`; 0 with v2 or none */
    uint32_t cgroup_version; /* 0, 1, 2 */
    uint32_t unused;
    uint64_t max_processes, max_memory, max_file_size, max_private;
};

/* A placeholder is an empty folder, or a socket file (which git, unlike an empty file, never takes
 * for content, and which no reader waits on), of mode PLACEHOLDER_MODE and with this modification
 * time. What lost one of these marks is the user's and is left alone. */
enum { PLACEHOLDER_MODE = 0555, PLACEHOLDER_TIME = 499162920 };

/* Requests to LAUNCH_CONTROL. Its end (the harness is gone) counts as LAUNCH_KILL. */
enum launch_verb { LAUNCH_SIGNAL = 1, LAUNCH_KILL };
struct launch_request {
    uint32_t verb, number;
};

/* The command, sent once to LAUNCH_SETUP with four descriptors: a memfd with this head and after it
 * the NUL-ended strings (folder, arguments, environment), then stdin, stdout, stderr. */
struct launch_command {
    uint32_t magic, size, arguments, variables;
};

/* Where setting up stopped; steps[] of proc_fault.c has the words. */
/* clang-format off */
enum launch_step {
    STEP_READY,       /* no fault: all is set up and waits for the command */
    STEP_PLAN, STEP_PARENT, STEP_PLACEHOLDER, STEP_CGROUP, STEP_NAMESPACE, STEP_IDENTITY,
    STEP_NETWORK, STEP_MOUNT, STEP_PROC, STEP_LIMIT, STEP_LANDLOCK, STEP_PRIVILEGE, STEP_SECCOMP,
    STEP_COMMAND, STEP_FOLDER, STEP_EXEC,
    STEPS
};
/* clang-format on */
struct launch_fault {
    uint32_t step;
    int32_t number;   /* errno */
    char detail[184]; /* the path or call that it was about */
};

enum launch_ended {
    ENDED_BY_MEMORY = 1,    /* the sandbox went over max_memory */
    ENDED_BY_PROCESSES = 2, /* ... over max_processes */
    ENDED_SURVIVORS = 4     /* processes that could not be killed */
};
struct launch_report {
    uint32_t magic;
    int32_t status; /* as of waitpid */
    uint32_t ended; /* enum launch_ended, or'ed */
    uint32_t survivors;
    int64_t cpu_us, max_rss;
};

#endif
