/* Preloaded into a process: records what it writes below SHIM_ROOT, and lets writes fail.

   SHIM_TRACE names the record. Each entry is a head (kind, lengths of two texts, two numbers) and
   the texts; `trace.py` reads it. The process itself calls `shim_mark` to note what it has
   acknowledged, and `shim_fail` to make its writes fail. One lock makes the record's order that of
   the operations. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 4096

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, LINK, MARK };

struct head { uint32_t kind, first, second, unused; uint64_t a, b; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[4096];
static size_t root_length;
static int trace = -1;
static uint64_t inode_of[FILES]; /* descriptor -> inode of a recorded file or folder; 0: none */
static int failing;              /* error that writes end with; 0: none */
static long fails_after = -1;    /* writes until they begin to fail; -1: never */
static long counted;

static int (*real_openat)(int, const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_renameat)(int, const char *, int, const char *);
static int (*real_unlinkat)(int, const char *, int);
static int (*real_mkdirat)(int, const char *, mode_t);
static int (*real_linkat)(int, const char *, int, const char *, int);
static int (*real_close)(int);

__attribute__((constructor)) static void begin(void) {
    real_openat = dlsym(RTLD_NEXT, "openat");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_renameat = dlsym(RTLD_NEXT, "renameat");
    real_unlinkat = dlsym(RTLD_NEXT, "unlinkat");
    real_mkdirat = dlsym(RTLD_NEXT, "mkdirat");
    real_linkat = dlsym(RTLD_NEXT, "linkat");
    real_close = dlsym(RTLD_NEXT, "close");
    const char *name = getenv("SHIM_ROOT"), *record = getenv("SHIM_TRACE");
    if (name != NULL) {
        snprintf(root, sizeof root, "%s/", name);
        root_length = strlen(root);
    }
    if (record != NULL)
        trace = real_openat(AT_FDCWD, record, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void note(int kind, const char *first, const void *second, size_t length, uint64_t a,
                 uint64_t b) {
    if (trace < 0)
        return;
    struct head head = {kind, first ? strlen(first) : 0, length, 0, a, b};
    if (real_write(trace, &head, sizeof head) < 0) abort();
    if (head.first && real_write(trace, first, head.first) < 0) abort();
    if (length && real_write(trace, second, length) < 0) abort();
}

void shim_mark(const char *text) {
    pthread_mutex_lock(&lock);
    note(MARK, text, NULL, 0, 0, 0);
    pthread_mutex_unlock(&lock);
}

/* After so many more writes, all fail with this error. 0: none fails any more. */
void shim_fail(int error, long after) {
    pthread_mutex_lock(&lock);
    failing = error;
    fails_after = error ? after : -1;
    pthread_mutex_unlock(&lock);
}

long shim_counted(void) { return counted; }

/* Whether this operation fails now. A full disk still syncs, renames and removes. */
static int fails(int needs_room) {
    counted++;
    if (fails_after > 0) fails_after--;
    if (fails_after != 0 || (failing == ENOSPC && !needs_room)) return 0;
    errno = failing;
    return 1;
}

/* The absolute path below the root in `full`; 0 if it is elsewhere. */
static int below(int folder, const char *path, char *full) {
    if (root_length == 0 || path == NULL) return 0;
    if (path[0] == '/') {
        snprintf(full, 4096, "%s", path);
    } else {
        char link[64], base[4096];
        ssize_t length;
        if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        length = readlink(link, base, sizeof base - 1);
        if (length < 0) return 0;
        base[length] = 0;
        snprintf(full, 4096, "%.2000s/%.2000s", base, path);
    }
    return strncmp(full, root, root_length) == 0 || strncmp(full, root, root_length - 1) == 0;
}

/* SQLite's shared memory is made anew after a power cut. */
static int is_memory(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, "-shm") == 0;
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char full[4096];
    struct stat before, after;
    int writes = (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
    if (!below(folder, path, full)) return real_openat(folder, path, flags, mode);
    pthread_mutex_lock(&lock);
    int existed = stat(full, &before) == 0;
    if ((flags & O_CREAT && !existed && fails(1)) ||
        (writes && failing == EROFS && fails_after == 0 && (errno = EROFS))) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    int descriptor = real_openat(folder, path, flags, mode);
    if (descriptor >= 0 && descriptor < FILES) {
        inode_of[descriptor] = 0;
        if (fstat(descriptor, &after) == 0 && !is_memory(full)) {
            inode_of[descriptor] = after.st_ino;
            if (!existed && flags & O_CREAT) note(CREATE, full, NULL, 0, after.st_ino, 0);
            else if (flags & O_TRUNC) note(TRUNCATE, NULL, NULL, 0, after.st_ino, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    return descriptor;
}

#define OPEN_AT(name)                                                                             \
    int name(int folder, const char *path, int flags, ...) {                                      \
        va_list words;                                                                            \
        va_start(words, flags);                                                                   \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(words, mode_t) : 0;                \
        va_end(words);                                                                            \
        return opened(folder, path, flags, mode);                                                 \
    }
#define OPEN(name)                                                                                \
    int name(const char *path, int flags, ...) {                                                  \
        va_list words;                                                                            \
        va_start(words, flags);                                                                   \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(words, mode_t) : 0;                \
        va_end(words);                                                                            \
        return opened(AT_FDCWD, path, flags, mode);                                               \
    }
OPEN_AT(openat)
OPEN_AT(openat64)
OPEN(open)
OPEN(open64)

static uint64_t recorded(int descriptor) {
    return descriptor >= 0 && descriptor < FILES ? inode_of[descriptor] : 0;
}

static int is_ours(int descriptor) {
    char link[64], full[4096];
    if (recorded(descriptor)) return 1;
    if (failing == 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, full, sizeof full - 1);
    if (length < 0) return 0;
    full[length] = 0;
    return strncmp(full, root, root_length) == 0;
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off_t offset) {
    if (!is_ours(descriptor)) return real_pwrite(descriptor, data, size, offset);
    pthread_mutex_lock(&lock);
    ssize_t done = fails(1) ? -1 : real_pwrite(descriptor, data, size, offset);
    if (done > 0 && recorded(descriptor))
        note(WRITE, NULL, data, done, recorded(descriptor), offset);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
    return pwrite64(descriptor, data, size, offset);
}

ssize_t write(int descriptor, const void *data, size_t size) {
    if (!is_ours(descriptor)) return real_write(descriptor, data, size);
    pthread_mutex_lock(&lock);
    int appends = fcntl(descriptor, F_GETFL) & O_APPEND;
    off_t offset = lseek(descriptor, 0, appends ? SEEK_END : SEEK_CUR);
    ssize_t done = fails(1) ? -1 : real_write(descriptor, data, size);
    if (done > 0 && recorded(descriptor))
        note(WRITE, NULL, data, done, recorded(descriptor), offset);
    pthread_mutex_unlock(&lock);
    return done;
}

/* Python falls back to read and write. */
ssize_t sendfile64(int out, int in, off_t *offset, size_t size) {
    errno = ENOTSOCK;
    return -1;
}
ssize_t sendfile(int out, int in, off_t *offset, size_t size) {
    errno = ENOTSOCK;
    return -1;
}

int ftruncate64(int descriptor, off_t size) {
    if (!is_ours(descriptor)) return real_ftruncate(descriptor, size);
    pthread_mutex_lock(&lock);
    int done = fails(0) ? -1 : real_ftruncate(descriptor, size);
    if (done == 0 && recorded(descriptor))
        note(TRUNCATE, NULL, NULL, 0, recorded(descriptor), size);
    pthread_mutex_unlock(&lock);
    return done;
}
int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

static int synced(int descriptor, int (*sync)(int)) {
    if (!is_ours(descriptor)) return sync(descriptor);
    pthread_mutex_lock(&lock);
    int done = fails(0) ? -1 : sync(descriptor);
    if (done == 0 && recorded(descriptor)) note(SYNC, NULL, NULL, 0, recorded(descriptor), 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int fsync(int descriptor) { return synced(descriptor, real_fsync); }
int fdatasync(int descriptor) { return synced(descriptor, real_fdatasync); }

int renameat(int from, const char *old, int to, const char *new) {
    char one[4096], two[4096];
    if (!below(from, old, one) || !below(to, new, two)) return real_renameat(from, old, to, new);
    pthread_mutex_lock(&lock);
    int done = fails(0) ? -1 : real_renameat(from, old, to, new);
    if (done == 0) note(RENAME, one, two, strlen(two), 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int rename(const char *old, const char *new) { return renameat(AT_FDCWD, old, AT_FDCWD, new); }

int unlinkat(int folder, const char *path, int flags) {
    char full[4096];
    if (!below(folder, path, full)) return real_unlinkat(folder, path, flags);
    pthread_mutex_lock(&lock);
    int done = fails(0) ? -1 : real_unlinkat(folder, path, flags);
    if (done == 0 && !is_memory(full)) note(UNLINK, full, NULL, 0, 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int folder, const char *path, mode_t mode) {
    char full[4096];
    struct stat made;
    if (!below(folder, path, full)) return real_mkdirat(folder, path, mode);
    pthread_mutex_lock(&lock);
    int done = fails(1) ? -1 : real_mkdirat(folder, path, mode);
    if (done == 0 && stat(full, &made) == 0) note(MKDIR, full, NULL, 0, made.st_ino, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int linkat(int from, const char *old, int to, const char *new, int flags) {
    char one[4096], two[4096];
    if (!below(from, old, one) || !below(to, new, two))
        return real_linkat(from, old, to, new, flags);
    pthread_mutex_lock(&lock);
    int done = fails(1) ? -1 : real_linkat(from, old, to, new, flags);
    if (done == 0) note(LINK, one, two, strlen(two), 0, 0);
    pthread_mutex_unlock(&lock);
    return done;
}
int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < FILES && inode_of[descriptor]) {
        pthread_mutex_lock(&lock);
        inode_of[descriptor] = 0;
        pthread_mutex_unlock(&lock);
    }
    return real_close(descriptor);
}
