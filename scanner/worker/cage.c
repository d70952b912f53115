/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cage.c - seccomp, Landlock, resource limits and dropped privileges for a worker.
 *
 * A layer that the kernel refuses is no failure: its bit is missing in what cage_enter() returns. A
 * system call that is not on the list fails with EPERM instead of killing the worker, so that
 * library code which can do without it goes on; what cannot be scanned because of that is
 * not-scanned.
 *
 * Known limits: a worker that was taken over can still read the contents of its requests and answer
 * them wrongly, until it is replaced. A build with address sanitizer has no memory limit, since its
 * shadow memory exceeds any.
 */
#include "scanner/worker/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    OPEN_FILES_MAX =
        1024 /* a request has up to 250; libclamav opens a few for each level of an archive */
};

/* All that scanning, hashing, answering and dying need. */
static const int ALLOWED[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(dup),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(creat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(getcwd),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rmdir),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(getdents64),
    SCMP_SYS(fcntl),
    SCMP_SYS(fadvise64),
    SCMP_SYS(umask),
    SCMP_SYS(fchmod),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(memfd_create),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    SCMP_SYS(getrusage),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(gettid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(sched_yield),
    SCMP_SYS(membarrier),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

const char *cage_layer_name(CageLayer layer)
{
    static const char *const names[CAGE_LAYERS] = {
        [CAGE_NO_NEW_PRIVILEGES] = "no-new-privileges",
        [CAGE_CAPABILITIES] = "no-capabilities",
        [CAGE_NO_DUMP] = "no-dump",
        [CAGE_LIMITS] = "limits",
        [CAGE_LANDLOCK] = "landlock",
        [CAGE_SECCOMP] = "seccomp",
    };

    return layer < CAGE_LAYERS ? names[layer] : "unknown";
}

static gboolean drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    return syscall(SYS_capset, &header, none) == 0;
}

/* Bytes of private writable memory now, as the kernel counts them; 0 when unknown. */
static guint64 data_size(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    unsigned long long kilobytes = 0;
    char line[256];

    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "VmData: %llu kB", &kilobytes) == 1)
            break;
    fclose(file);
    return kilobytes * 1024;
}

static gboolean limit_set(int resource, guint64 value)
{
    struct rlimit limit;

    if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
        return FALSE;
    /* To lower a limit needs no privilege. One that is lower already stays. */
    limit.rlim_max = MIN((rlim_t)value, limit.rlim_max);
    limit.rlim_cur = limit.rlim_max;
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

static gboolean limit_memory(guint64 memory)
{
#ifdef __SANITIZE_ADDRESS__
    (void)memory;
    (void)data_size;
    return TRUE;
#else
    guint64 now = data_size();

    return now > 0 && limit_set(RLIMIT_DATA, now + memory);
#endif
}

static gboolean limits_apply(const CageSettings *settings)
{
    gboolean ok = limit_set(RLIMIT_CORE, 0);

    ok &= limit_set(RLIMIT_NOFILE, OPEN_FILES_MAX);
    ok &= limit_set(RLIMIT_NPROC, 0);
    ok &= limit_set(RLIMIT_FSIZE, settings->file_size);
    ok &= limit_memory(settings->memory);
    return ok;
}

/* All rights that this kernel knows: what is handled and not granted is denied. */
static guint64 landlock_file_rights(long abi)
{
    guint64 rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

    if (abi >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        rights |= 1ULL << 14; /* truncate */
    if (abi >= 5)
        rights |= 1ULL << 15; /* ioctl on devices */
    return rights;
}

static gboolean landlock_apply(const char *directory)
{
    /* The struct as of ABI 6: the build machine's header may be older than the kernel. */
    struct {
        __u64 files, network, scoped;
    } ruleset = {0};
    struct landlock_path_beneath_attr rule;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    gboolean ok = FALSE;
    long fd;

    if (abi < 1)
        return FALSE;
    ruleset.files = landlock_file_rights(abi);
    ruleset.network = abi >= 4 ? 3 : 0; /* TCP: bind, connect */
    ruleset.scoped = abi >= 6 ? 3 : 0;  /* abstract sockets, signals to other processes */
    fd = syscall(SYS_landlock_create_ruleset, &ruleset,
                 abi >= 6   ? sizeof(ruleset)
                 : abi >= 4 ? 2 * sizeof(__u64)
                            : sizeof(__u64),
                 0);
    if (fd < 0)
        return FALSE;
    rule.allowed_access =
        LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
        LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
        LANDLOCK_ACCESS_FS_REMOVE_DIR | (ruleset.files & (LANDLOCK_ACCESS_FS_REFER | 1ULL << 14));
    rule.parent_fd = open(directory, O_PATH | O_CLOEXEC);
    if (rule.parent_fd >= 0) {
        ok = syscall(SYS_landlock_add_rule, (int)fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 &&
             syscall(SYS_landlock_restrict_self, (int)fd, 0) == 0;
        close(rule.parent_fd);
    }
    close((int)fd);
    return ok;
}

static gboolean seccomp_apply(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    gboolean ok = filter != NULL;

    if (!ok)
        return FALSE;
    for (gsize i = 0; ok && i < G_N_ELEMENTS(ALLOWED); i++)
        ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, ALLOWED[i], 0) == 0;
    /* No executable memory. */
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
    /* Only for itself: a worker that was let go returns to its lane. */
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sched_setaffinity), 1,
                                SCMP_A0(SCMP_CMP_EQ, 0)) == 0;
    /* stdio asks what kind of file a descriptor is. */
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0) == 0;
    ok = ok && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return ok;
}

guint cage_enter(const CageSettings *settings)
{
    guint layers = 0;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        layers |= 1u << CAGE_NO_NEW_PRIVILEGES;
    if (limits_apply(settings))
        layers |= 1u << CAGE_LIMITS;
    if (drop_capabilities())
        layers |= 1u << CAGE_CAPABILITIES;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
        layers |= 1u << CAGE_NO_DUMP;
    if (landlock_apply(settings->temp_directory))
        layers |= 1u << CAGE_LANDLOCK;
    if (seccomp_apply())
        layers |= 1u << CAGE_SECCOMP;
    return layers;
}
