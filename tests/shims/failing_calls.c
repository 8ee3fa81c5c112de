/* Fails chosen system calls of a process, for LD_PRELOAD.
 *
 * Functions of the C library that are replaced would miss raw system calls. So a seccomp filter traps
 * the calls, and the handler of its signal makes them, or does not: from one place, which the filter
 * lets through. x86-64 Linux.
 *
 * Which call fails is said by a file that the variable FAILING_CALLS names, mapped by both sides.
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
    int64_t error;       /* the errno; 0 for half of the bytes that were asked for */
    uint64_t count;      /* calls so far */
    uint64_t hits;       /* calls that failed */
    char prefix[512];    /* calls on this path and below it count */
    char path[512];      /* the path of the call that failed */
};

enum kind { READ = 1, LIST = 2, STAT = 4, LINK = 8, OPEN = 16, ATTRIBUTES = 32 };

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

static void on_call(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    long arguments[6] = {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                         registers[REG_R10], registers[REG_R8],  registers[REG_R9]};
    long number = info->si_syscall;
    (void)signal;
    for (int call = 0; call < CALL_COUNT; call++) {
        char path[512];
        if (CALLS[call].number != number || !(control->kinds & CALLS[call].kind) || !control->nth)
            continue;
        path_of_call(call, arguments, path, sizeof path);
        size_t length = strlen(control->prefix);
        if (strncmp(path, control->prefix, length) || (path[length] && path[length] != '/'))
            continue;
        if (__atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST) != control->nth)
            continue;
        __atomic_add_fetch(&control->hits, 1, __ATOMIC_SEQ_CST);
        strcpy(control->path, path);
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
