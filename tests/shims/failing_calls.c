/* Fails chosen system calls of a process, for LD_PRELOAD.
 *
 * Functions of the C library that are replaced would miss raw system calls. So a seccomp filter traps
 * the calls, and the handler of its signal makes them, or does not: from one place, which the filter
 * lets through. x86-64 Linux.
 *
 * Which call fails is said by a file that the variable FAILING_CALLS names, mapped by both sides.
 *
 * With FAILING_CALLS_TRACE, calls that change files below the prefix are written to that file, in their
 * order: a line of the call's name, the lengths of two paths and of data, then those.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

struct control {
    uint64_t kinds;      /* bits of `enum kind` */
    uint64_t nth;        /* the number of the call that fails, from 1; 0 for none */
    int64_t error;       /* the errno; 0 for half of the bytes asked for, below 0 for SIGKILL */
    uint64_t count;      /* calls so far */
    uint64_t hits;       /* calls that failed */
    char prefix[512];    /* calls on this path and below it count */
    char path[512];      /* the path of the call that failed */
    uint64_t sticky;     /* not 0: all calls from the nth on fail */
};

enum kind {
    READ = 1, LIST = 2, STAT = 4, LINK = 8, OPEN = 16, ATTRIBUTES = 32,
    WRITE = 64, SYNC = 128, RENAME = 256, UNLINK = 512, MKDIR = 1024,
};

static int trace = -1;
static char tracing;

static struct control *control;

/* raw_call(number, arguments..): all that the filter lets through. */
long raw_call(long, long, long, long, long, long, long);
extern char raw_call_end[];
__asm__(".text\n"
        ".globl raw_call\n.hidden raw_call\n"
        ".globl raw_call_end\n.hidden raw_call_end\n"
        "raw_call:\n"
        "mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n"
        "mov %r8, %r10\n mov %r9, %r8\n mov 8(%rsp), %r9\n"
        "syscall\n"
        "raw_call_end:\n"
        "ret\n");

static const struct { int number, kind; char has_directory, has_path; } CALLS[] = {
    {SYS_read, READ, 0, 0},
    {SYS_pread64, READ, 0, 0},
    {SYS_write, WRITE, 0, 0},
    {SYS_pwrite64, WRITE, 0, 0},
    {SYS_writev, WRITE, 0, 0},
    {SYS_fsync, SYNC, 0, 0},
    {SYS_fdatasync, SYNC, 0, 0},
    {SYS_rename, RENAME, 0, 1},
    {SYS_renameat, RENAME, 1, 1},
    {SYS_renameat2, RENAME, 1, 1},
    {SYS_link, RENAME, 0, 1},
    {SYS_linkat, RENAME, 1, 1},
    {SYS_unlink, UNLINK, 0, 1},
    {SYS_unlinkat, UNLINK, 1, 1},
    {SYS_mkdir, MKDIR, 0, 1},
    {SYS_mkdirat, MKDIR, 1, 1},
    {SYS_getdents64, LIST, 0, 0},
    {SYS_fstat, STAT, 0, 0},
    {SYS_stat, STAT, 0, 1},
    {SYS_lstat, STAT, 0, 1},
    {SYS_newfstatat, STAT, 1, 1},
    {SYS_statx, STAT, 1, 1},
    {SYS_readlink, LINK, 0, 1},
    {SYS_readlinkat, LINK, 1, 1},
    {SYS_open, OPEN, 0, 1},
    {SYS_openat, OPEN, 1, 1},
    {SYS_openat2, OPEN, 1, 1},
    {SYS_listxattr, ATTRIBUTES, 0, 1},
    {SYS_llistxattr, ATTRIBUTES, 0, 1},
    {SYS_flistxattr, ATTRIBUTES, 0, 0},
    {SYS_getxattr, ATTRIBUTES, 0, 1},
    {SYS_lgetxattr, ATTRIBUTES, 0, 1},
    {SYS_fgetxattr, ATTRIBUTES, 0, 0},
};
enum { CALL_COUNT = sizeof CALLS / sizeof *CALLS };

/* Appends the path of a descriptor; the new length. */
static size_t path_of(long descriptor, char *path, size_t room)
{
    char link[32] = "/proc/self/fd/", digits[12];
    int at = 14, count = 0;
    if (descriptor < 0)
        return 0;
    do
        digits[count++] = '0' + descriptor % 10;
    while (descriptor /= 10);
    while (count)
        link[at++] = digits[--count];
    long length = raw_call(SYS_readlinkat, AT_FDCWD, (long)link, (long)path, room, 0, 0);
    return length < 0 ? 0 : (size_t)length;
}

/* The path that a call is about. */
static void path_of_call(int call, const long *arguments, char *path, size_t room)
{
    const char *name = "";
    size_t length = 0;
    if (CALLS[call].has_path)
        name = (const char *)arguments[CALLS[call].has_directory ? 1 : 0];
    if (!name)
        name = "";
    if (*name != '/' && (CALLS[call].has_directory || !CALLS[call].has_path)) {
        length = path_of((int)arguments[0], path, room - 2);
        if (*name)
            path[length++] = '/';
    }
    while (*name && length < room - 1)
        path[length++] = *name++;
    path[length] = 0;
}

static int is_below_prefix(const char *path)
{
    size_t length = strlen(control->prefix);
    return !strncmp(path, control->prefix, length) && (!path[length] || path[length] == '/');
}

static size_t append_number(char *line, size_t at, size_t number)
{
    char digits[24];
    int count = 0;
    line[at++] = ' ';
    do
        digits[count++] = '0' + number % 10;
    while (number /= 10);
    while (count)
        line[at++] = digits[--count];
    return at;
}

static void write_all(const char *bytes, size_t length)
{
    while (length) {
        long written = raw_call(SYS_write, trace, (long)bytes, length, 0, 0, 0);
        if (written <= 0)
            return;
        bytes += written;
        length -= written;
    }
}

/* Makes a call, and records it if it changes a file. One call at a time, so that the order is true. */
static long traced(int call, const long *a, const char *path)
{
    static const struct { int kind; const char *name; } NAMES[] = {
        {WRITE, "write"}, {SYNC, "sync"}, {RENAME, "rename"}, {UNLINK, "unlink"}, {MKDIR, "mkdir"},
        {OPEN, "create"},
    };
    int number = CALLS[call].number, kind = CALLS[call].kind;
    while (__atomic_test_and_set(&tracing, __ATOMIC_ACQUIRE))
        ;
    long result = raw_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    long flags = number == SYS_open ? a[1] : number == SYS_openat ? a[2] : 0;
    if (result >= 0 && (kind != OPEN || flags & O_CREAT)) {
        const char *name = "", *second = "", *data = "";
        size_t size = 0;
        for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
            if (NAMES[i].kind == kind)
                name = NAMES[i].name;
        if (number == SYS_link || number == SYS_linkat)
            name = "link";
        if (kind == RENAME)
            second = (const char *)(number == SYS_rename || number == SYS_link ? a[1] : a[3]);
        if (kind == WRITE && number != SYS_writev) {
            data = (const char *)a[1];
            size = result;
        }
        char line[96];
        size_t at = strlen(name);
        memcpy(line, name, at);
        at = append_number(line, at, strlen(path));
        at = append_number(line, at, strlen(second));
        at = append_number(line, at, size);
        line[at++] = '\n';
        write_all(line, at);
        write_all(path, strlen(path));
        write_all(second, strlen(second));
        write_all(data, size);
    }
    __atomic_clear(&tracing, __ATOMIC_RELEASE);
    return result;
}

static void on_call(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    long arguments[6] = {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                         registers[REG_R10], registers[REG_R8],  registers[REG_R9]};
    long number = info->si_syscall;
    (void)signal;
    for (int call = 0; call < CALL_COUNT; call++) {
        char path[512];
        int may_fail = (control->kinds & CALLS[call].kind) && control->nth;
        int is_traced = trace >= 0 && CALLS[call].kind & (OPEN | WRITE | SYNC | RENAME | UNLINK | MKDIR);
        if (CALLS[call].number != number || !(may_fail || is_traced))
            continue;
        path_of_call(call, arguments, path, sizeof path);
        if (!is_below_prefix(path))
            continue;
        if (is_traced) {
            registers[REG_RAX] = traced(call, arguments, path);
            return;
        }
        uint64_t count = __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST);
        if (control->sticky ? count < control->nth : count != control->nth)
            continue;
        __atomic_add_fetch(&control->hits, 1, __ATOMIC_SEQ_CST);
        strcpy(control->path, path);
        if (control->error < 0)
            raw_call(SYS_kill, raw_call(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGKILL, 0, 0, 0, 0);
        if (control->error) {
            registers[REG_RAX] = -control->error;
            return;
        }
        arguments[2] = arguments[2] > 1 ? arguments[2] / 2 : arguments[2];
    }
    registers[REG_RAX] = raw_call(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                  arguments[4], arguments[5]);
}

__attribute__((constructor)) static void start(void)
{
    const char *name = getenv("FAILING_CALLS");
    int file = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (control == MAP_FAILED)
        return;

    name = getenv("FAILING_CALLS_TRACE");
    if (name)
        trace = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGSYS, &action, NULL);
    uint64_t end = (uint64_t)raw_call_end;
    struct sock_filter filter[6 + CALL_COUNT + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)end, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(end >> 32), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    for (int call = 0; call < CALL_COUNT; call++)
        filter[6 + call] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, CALLS[call].number, CALL_COUNT - call, 0);
    filter[6 + CALL_COUNT] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[6 + CALL_COUNT + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    struct sock_fprog program = {.len = 6 + CALL_COUNT + 2, .filter = filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
