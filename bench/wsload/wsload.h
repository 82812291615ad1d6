/* Interfaces between the parts of wsload. main.c describes the program. */
#ifndef WSLOAD_H
#define WSLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stage { CONNECTING, UPGRADING, GREETING, OPEN, CLOSED };

struct client {
    int fd;
    enum stage stage;
    const char *cookie;
    const char *greeting; /* sent as soon as the socket is upgraded; empty: nothing */
    unsigned char *data; /* received, not yet parsed */
    size_t length;
    size_t capacity;
    int64_t newest_sent_at; /* of the posts it received */
    int received;
    bool disordered; /* a post came after a later one, or twice */
    int counts; /* messages with a post's counts alone */
    int likes; /* in the last of those */
};

struct sockets {
    int open;
    int failed; /* could not be opened, or were lost */
    int at_ready; /* were open when READY was printed */
};

struct run {
    struct sockets sockets;
    int64_t began_at;
    double open_seconds;
    double open_cpu_seconds;
    double cpu_seconds;
};

/* tally.c: counts of deliveries */
int64_t now_ns(void);
void *must(void *memory);
void count_deliveries(struct client *client, const unsigned char *text, size_t length, int64_t received_at);
size_t delivery_count(void);
int64_t last_news_at(void);
void report(const struct client *clients, int count, struct run run);

/* socket.c: one WebSocket */
void start_connecting(struct client *client, int index, int port);
void send_request(struct client *client, int port, const char *path);
void receive(struct client *client);
void drop(struct client *client, const char *why, const char *detail, size_t length);

#endif
