// floor.c: what does a server cost that does nothing?
//
// One request at a time, a server makes three system calls: it waits, it reads, it writes. What they cost depends on
// the machine, on its kernel, and on who else is running; it cannot be programmed away. So the load of network.sh is
// measured against this program too, in the same minute: it makes the three calls and answers each HEADERS frame
// with the same bytes, without looking at them. What is left between it and a real server is the real server's.
//
// It believes every byte and serves one connection at a time: it is a ruler and not a server.

#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned char input[65536], output[65536];

// A frame's head: length, type, flags; the stream's number is copied from the question.
static size_t frame(size_t at, size_t length, int type, int flags, const unsigned char *stream) {
    unsigned char head[9] = {length >> 16, length >> 8, length, type, flags, 0, 0, 0, 0};
    if (stream) memcpy(head + 5, stream, 4);
    memcpy(output + at, head, 9);
    memset(output + at + 9, 'x', length);
    return at + 9 + length;
}

// Answers what was read: SETTINGS with their acknowledgement, HEADERS with ":status: 200" (one byte, 0x88, in every
// HPACK table) and 66 bytes, as many as netserver's /fixed.
static size_t answer(size_t count, int isFirst) {
    size_t at = isFirst ? 24 : 0, used = isFirst ? frame(0, 0, 4, 0, NULL) : 0;
    while (count - at >= 9 && used + 200 < sizeof output) {
        const unsigned char *head = input + at;
        if (head[3] == 4 && !(head[4] & 1)) used = frame(used, 0, 4, 1, NULL);
        if (head[3] == 1) {
            used = frame(used, 1, 1, 4, head + 5);
            output[used - 1] = 0x88;
            used = frame(used, 66, 0, 1, head + 5);
        }
        at += 9 + (head[0] << 16 | head[1] << 8 | head[2]);
        if (at >= count) break;
    }
    return used;
}

static void serve(int connection) {
    int one = 1, poll = epoll_create1(EPOLL_CLOEXEC), isFirst = 1;
    struct epoll_event event = {.events = EPOLLIN};
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_ctl(poll, EPOLL_CTL_ADD, connection, &event);
    for (;;) {
        epoll_wait(poll, &event, 1, 5000);
        ssize_t count = read(connection, input, sizeof input);
        if (count < 0) continue;
        if (count == 0) break;
        size_t length = answer(count, isFirst);
        isFirst = 0;
        if (length && write(connection, output, length) < 0) break;
    }
    close(poll);
    close(connection);
}

int main(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(door, (struct sockaddr *)&address, size) || listen(door, 8)) return 1;
    getsockname(door, (struct sockaddr *)&address, &size);
    printf("listening at 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) serve(accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}
