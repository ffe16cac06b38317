// linux.c: see CFiles.h.

#define _GNU_SOURCE
#include "CFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

int files_preallocate(int descriptor, off_t size) {
#ifdef __linux__
    return fallocate(descriptor, 0, 0, size);
#else
    errno = ENOSYS;
    return -1;
#endif
}

int files_lock_description(int descriptor, bool take) {
#ifdef F_OFD_SETLK
    // Start 0 and length 0: the whole file, however long it becomes.
    struct flock lock = {.l_type = take ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLK, &lock);
#else
    errno = ENOSYS;
    return -1;
#endif
}

void files_name_thread(pthread_t thread, const char *name) {
#ifdef __linux__
    pthread_setname_np(thread, name);
#endif
}

int files_terminal_columns(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
