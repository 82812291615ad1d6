/* One WebSocket: opens it and parses its frames. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wsload.h"

#define BUFFER 16384
#define PORTS 20000      /* sockets opened from one address, which has 28,000 ports */
#define MAX_REPORTED 3   /* failures printed; the others are only counted */
#define SHORT 125        /* bytes at most of a short frame and of a ping (RFC 6455) */

enum opcode { CONTINUATION = 0, TEXT = 1, CLOSING = 8, PING = 9, PONG = 10 };

struct frame {
    int opcode;
    const unsigned char *payload;
    size_t length;
};

void drop(struct client *client, const char *why, const char *detail, size_t length) {
    static int reported;
    if (reported++ < MAX_REPORTED) {
        fprintf(stderr, "wsload: a socket %s: %.*s\n", why, (int)length, detail);
    }
    client->stage = CLOSED;
    close(client->fd);
}

static void drop_for_error(struct client *client, const char *why, int error) {
    const char *detail = error ? strerror(error) : "without a reason";
    drop(client, why, detail, strlen(detail));
}

/* --- Opening --- */

/* Connects from 127.0.1.1, 127.0.1.2 and so on. */
void start_connecting(struct client *client, int index, int port) {
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000101u + index / PORTS)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001u), .sin_port = htons(port)};
    int one = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(client->fd, (struct sockaddr *)&from, sizeof from)
        || (connect(client->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)) {
        drop_for_error(client, "could not be opened", errno);
    }
}

static int connect_error(const struct client *client) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

static void send_all(struct client *client, const void *data, size_t length) {
    if (send(client->fd, data, length, MSG_NOSIGNAL) != (ssize_t)length) {
        drop_for_error(client, "could not be written to", errno);
    }
}

void send_request(struct client *client, int port, const char *path) {
    char request[4096];
    int length = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nCookie: %s\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        path, port, port, client->cookie);
    int error = length < (int)sizeof request ? connect_error(client) : E2BIG;
    if (error) {
        drop_for_error(client, "could not be opened", error);
        return;
    }
    client->stage = UPGRADING;
    send_all(client, request, (size_t)length);
}

/* Sends a short text with a mask of zeros; nothing if it is empty. */
static void send_text(struct client *client, const char *text) {
    unsigned char frame[6 + SHORT] = {0x80 | TEXT};
    size_t length = strnlen(text, SHORT);
    frame[1] = (unsigned char)(0x80 | length);
    memcpy(frame + 6, text, length);
    if (length) {
        send_all(client, frame, 6 + length);
    }
}

/* Returns the bytes of the answer to the handshake, 0 if it is incomplete or refuses. */
static size_t read_answer(struct client *client) {
    static const char status[] = "HTTP/1.1 101";
    unsigned char *end = memmem(client->data, client->length, "\r\n\r\n", 4);
    if (!end) {
        return 0;
    }
    if (memcmp(client->data, status, sizeof status - 1)) {
        unsigned char *line_end = memchr(client->data, '\r', client->length);
        drop(client, "was refused", (char *)client->data, (size_t)(line_end - client->data));
        return 0;
    }
    client->stage = GREETING;
    send_text(client, client->greeting);
    return (size_t)(end + 4 - client->data);
}

/* --- Frames --- */

static void answer_ping(struct client *client, const struct frame *ping) {
    unsigned char pong[6 + SHORT] = {0x80 | PONG}; /* its mask is zeros */
    pong[1] = (unsigned char)(0x80 | ping->length);
    memcpy(pong + 6, ping->payload, ping->length);
    send_all(client, pong, 6 + ping->length);
}

/* Deliveries in the message with the word hello are counted too. */
static void greet(struct client *client, const struct frame *frame, int64_t received_at) {
    if (memmem(frame->payload, frame->length, "hello", 5)) {
        client->stage = OPEN;
        count_deliveries(client, frame->payload, frame->length, received_at);
    } else if (!*client->greeting) {
        drop(client, "was not greeted", (const char *)frame->payload, frame->length);
    }
}

static bool is_engine_ping(const struct client *client, const struct frame *frame) {
    return *client->greeting && frame->opcode == TEXT && frame->length == 1 && *frame->payload == '2';
}

static void understand(struct client *client, const struct frame *frame, int64_t received_at) {
    if (frame->opcode == PING && frame->length <= SHORT) {
        answer_ping(client, frame);
    } else if (frame->opcode == CLOSING) {
        size_t code = frame->length < 2 ? frame->length : 2;
        drop(client, "was closed", (const char *)frame->payload + code, frame->length - code);
    } else if (is_engine_ping(client, frame)) {
        send_text(client, "3");
    } else if (client->stage == GREETING) {
        greet(client, frame, received_at);
    } else if (frame->opcode == TEXT || frame->opcode == CONTINUATION) {
        count_deliveries(client, frame->payload, frame->length, received_at);
    }
}

/* Returns a big-endian number of `count` bytes. */
static size_t read_number(const unsigned char *data, size_t count) {
    size_t number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number << 8 | data[i];
    }
    return number;
}

/* Returns the bytes of the frame at `data`, 0 if it is incomplete. Servers do not mask. */
static size_t read_frame(const unsigned char *data, size_t length, struct frame *frame) {
    if (length < 2) {
        return 0;
    }
    size_t size = data[1] & 127;
    size_t more = size == 126 ? 2 : size == 127 ? 8 : 0; /* bytes of a longer length */
    if (length < 2 + more) {
        return 0;
    }
    if (more) {
        size = read_number(data + 2, more);
    }
    *frame = (struct frame){data[0] & 15, data + 2 + more, size};
    return length - 2 - more < size ? 0 : 2 + more + size;
}

static bool is_upgraded(const struct client *client) {
    return client->stage == GREETING || client->stage == OPEN;
}

static void consume(struct client *client, int64_t received_at) {
    size_t done = client->stage == UPGRADING ? read_answer(client) : 0;
    size_t size = 1;
    struct frame frame;
    while (size && is_upgraded(client)) {
        size = read_frame(client->data + done, client->length - done, &frame);
        if (size) {
            understand(client, &frame, received_at);
        }
        done += size;
    }
    client->length -= done;
    memmove(client->data, client->data + done, client->length);
}

void receive(struct client *client) {
    if (client->length == client->capacity) {
        client->capacity = client->capacity ? 2 * client->capacity : BUFFER;
        client->data = must(realloc(client->data, client->capacity));
    }
    ssize_t size = read(client->fd, client->data + client->length, client->capacity - client->length);
    if (size > 0) {
        client->length += (size_t)size;
        consume(client, now_ns());
    } else if (size == 0 || errno != EAGAIN) {
        drop_for_error(client, "ended", size ? errno : 0);
    }
}
