/* Faults at the Nth thing that a process does to the files below a folder: preloaded, so that SQLite's own writes count.
 *
 *     cc -shared -fPIC -o crash_faults.so crash_faults.c -ldl
 *
 * `crash_arm` says where, when and what; nothing happens before it. With `only`, those calls count that begin so, and those
 * whose file has it in its name. What fired is told in a file of its own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KILL = 1, HALF, FULL, BROKEN, SIGNAL = 100, TWICE = 200 };
enum { GO, FAIL, SHORT };
enum { WRITES, GROWS, CHANGES }; /* bytes into a file; a new file, or a longer one; all else */

static char root[PATH_MAX], mark[PATH_MAX], only[64];
static int at = -1, how, seen;

void crash_arm(const char *folder, const char *fired, const char *which, int number, int what) {
    snprintf(root, sizeof root, "%s/", folder);
    snprintf(mark, sizeof mark, "%s", fired);
    snprintf(only, sizeof only, "%s", which);
    how = what;
    seen = 0;
    at = number;
}

static void tell(const char *call, const char *path) {
    char text[PATH_MAX + 64];
    int length = snprintf(text, sizeof text, "%s %s\n", call, strncmp(path, root, strlen(root)) ? path : path + strlen(root));
    int file = syscall(SYS_openat, AT_FDCWD, mark, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    syscall(SYS_write, file, text, length);
    syscall(SYS_close, file);
}

static int counts(const char *call, const char *path, int kind) {
    if (strncmp(call, only, strlen(only)) && !strstr(path, only)) return 0;
    if (how == HALF) return kind == WRITES;
    if (how == FULL) return kind != CHANGES;
    return 1;
}

static int step(const char *call, const char *path, int kind) {
    if (at < 0 || !path || (path[0] == '/' && strncmp(path, root, strlen(root)))) return GO;
    if (how == FULL && seen >= at && kind != CHANGES) return FAIL;
    if (!counts(call, path, kind)) return GO;
    int now = __sync_add_and_fetch(&seen, 1);
    if (now != at) return GO;
    tell(call, path);
    if (how == KILL) kill(getpid(), SIGKILL);
    if (how == HALF) return SHORT;
    if (how == FULL) return kind == WRITES ? SHORT : FAIL;
    if (how == BROKEN) return FAIL;
    kill(getpid(), how % 100);
    if (how >= TWICE) kill(getpid(), how % 100);
    return GO;
}

static int step_of(const char *call, int file, int kind) {
    if (at < 0) return GO;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return GO;
    path[length] = 0;
    return path[0] == '/' ? step(call, path, kind) : GO;
}

static int failed(void) {
    errno = how == BROKEN ? EIO : ENOSPC;
    return -1;
}

#define NEXT(name) static __typeof__(&name) next; if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define WRITE(name, parameters, file, size, whole, half) \
    ssize_t name parameters { \
        NEXT(name); \
        int what = step_of(#name, file, WRITES); \
        if (what == FAIL) return failed(); \
        if (what == GO) return whole; \
        size /= 2; \
        if (!size && how != HALF) return failed(); \
        ssize_t written = half; \
        if (how == HALF) kill(getpid(), SIGKILL); \
        return written; \
    }

WRITE(write, (int file, const void *data, size_t size), file, size, next(file, data, size), next(file, data, size))
WRITE(pwrite, (int file, const void *data, size_t size, off_t to), file, size, next(file, data, size, to),
      next(file, data, size, to))
WRITE(pwrite64, (int file, const void *data, size_t size, off64_t to), file, size, next(file, data, size, to),
      next(file, data, size, to))

#define CHANGE(name, parameters, given, told, path) \
    int name parameters { \
        NEXT(name); \
        return told(#name, path, CHANGES) == FAIL ? failed() : next given; \
    }

CHANGE(fsync, (int file), (file), step_of, file)
CHANGE(fdatasync, (int file), (file), step_of, file)
CHANGE(rename, (const char *from, const char *to), (from, to), step, to)
CHANGE(unlink, (const char *path), (path), step, path)

int mkdir(const char *path, mode_t mode) {
    NEXT(mkdir);
    return step("mkdir", path, GROWS) == FAIL ? failed() : next(path, mode);
}

#define TRUNCATE(name, type) \
    int name(int file, type size) { \
        NEXT(name); \
        struct stat found; \
        int grows = !fstat(file, &found) && found.st_size < size; \
        return step_of(#name, file, grows ? GROWS : CHANGES) == FAIL ? failed() : next(file, size); \
    }

TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

static int may_open(const char *call, const char *path, int flags) {
    struct stat found;
    if (at < 0 || !(flags & (O_CREAT | O_TRUNC))) return GO;
    return step(call, path, stat(path, &found) ? GROWS : CHANGES);
}

#define MODE mode_t mode = 0; if (flags & O_CREAT) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        NEXT(name); \
        MODE \
        return may_open(#name, path, flags) == FAIL ? failed() : next(path, flags, mode); \
    }
#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        NEXT(name); \
        MODE \
        int what = folder == AT_FDCWD ? may_open(#name, path, flags) : GO; \
        return what == FAIL ? failed() : next(folder, path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
