// CFiles.h: the calls of Linux that Swift's view of libc does not show.
//
// Swift imports the C library as POSIX knows it. Three things that we need are GNU's or Linux's own and
// hidden behind _GNU_SOURCE. Each is one line of C; errors are left in errno, as the calls do.

#ifndef CFILES_H
#define CFILES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// Room for `size` bytes from the beginning on, and a file at least that long; 0 or -1.
int files_preallocate(int descriptor, off_t size);

/// Takes (exclusively) or gives up a lock of this opening on the whole file, without waiting; 0 or -1.
int files_lock_description(int descriptor, bool take);

/// From now on a bus error in [start, start + length) puts a page of zeroes there and is noted, instead of ending the
/// process. Returns a number for the two functions below, or -1 when too many ranges are guarded.
int files_guard(const void *start, size_t length);

/// Whether a bus error happened in the range since it was guarded.
bool files_guard_was_hit(int guard);

/// The range is about to be unmapped.
void files_unguard(int guard);

/// How many columns the terminal behind a descriptor has; 0 when it is none.
int files_terminal_columns(int descriptor);

/// Gives a thread the name that debuggers show; at most 15 bytes.
void files_name_thread(pthread_t thread, const char *name);

#endif
