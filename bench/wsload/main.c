/*
 * wsload: opens many WebSockets to a server on 127.0.0.1 and measures what arrives at them. Linux only.
 *
 *     wsload PORT PATH SOCKETS EXPECTED COOKIES [AT_ONCE [GREETING]]
 *
 * COOKIES is a file whose lines are the sockets' Cookie headers, one each. AT_ONCE sockets at most are being opened at a
 * time: no more than the server's listen backlog, or a dropped SYN costs a second. GREETING is sent by each socket as
 * soon as it is upgraded, for servers that speak Engine.IO: their ping, the text 2, is then answered by 3. A socket is
 * open when a message has come that holds the word hello: the first one, unless there is a GREETING. When every socket
 * is open or has failed, READY and how many are open are printed. Each `@@<CLOCK_MONOTONIC, ns>` in a message is one
 * delivery of the post sent at that moment; a message may hold several.
 *
 * It ends when EXPECTED deliveries have come (0: never) and LINGER_NS brought no more of them, after PATIENCE_NS
 * without any news, at SIGTERM, and after LIFETIME_S whatever happens. It then prints one line of JSON: counts, seconds
 * from the first post's stamp to the last delivery, and delays in ms: of every delivery (p50_ms, p99_ms), and of the
 * last delivery of each complete post (last_p50_ms, last_p99_ms). A post is complete if as many deliveries of it have
 * come as sockets were open at READY, neither fewer nor more. A socket is exact if each post came to it once, and none
 * after one that was sent later. `messages` are those that brought posts. counts_median and counts_most are how often a
 * socket was told the counts of a post and nothing else, likes_least and likes_most what the last of that said.
 * caught_up_seconds is from the first connect() to the last delivery. cpu_seconds is what this program itself used of
 * the processor since READY, open_cpu_seconds until then.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "wsload.h"

#define AT_ONCE 40 /* less than the listen backlog of 50 that daphne has */
#define EVENTS_AT_ONCE 256
#define LINGER_NS 300000000LL
#define PATIENCE_NS 30000000000LL
#define LIFETIME_S 900

static int epoll;
static int port;
static const char *path;
static int at_once = AT_ONCE;
static const char *greeting = "";
static struct client *clients;
static int wanted; /* sockets */
static int64_t began_at; /* opening them */
static int started;
static int opening; /* started, and neither open nor failed */
static struct sockets sockets;
static volatile sig_atomic_t stopped;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static void watch(struct client *client, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = client};
    epoll_ctl(epoll, operation, client->fd, &event);
}

/* Updates the counts after an event of a client that was at stage `before`. */
static void recount(const struct client *client, enum stage before) {
    opening -= before < OPEN && client->stage >= OPEN;
    sockets.open += (client->stage == OPEN) - (before == OPEN);
    sockets.failed += (client->stage == CLOSED) - (before == CLOSED);
}

static void start(struct client *client) {
    start_connecting(client, started, port);
    started++;
    opening++;
    recount(client, CONNECTING);
    if (client->stage == CONNECTING) {
        watch(client, EPOLL_CTL_ADD, EPOLLOUT);
    }
}

static void serve(struct client *client) {
    enum stage before = client->stage;
    if (before == CONNECTING) {
        send_request(client, port, path);
        if (client->stage == UPGRADING) {
            watch(client, EPOLL_CTL_MOD, EPOLLIN);
        }
    } else if (before != CLOSED) {
        receive(client);
    }
    recount(client, before);
}

static void turn(void) {
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, 50);
    for (int i = 0; i < count; i++) {
        serve(events[i].data.ptr);
    }
}

static void give_up_opening(void) {
    for (int i = 0; i < started; i++) {
        enum stage before = clients[i].stage;
        if (before < OPEN) {
            drop(&clients[i], "was not answered", "", 0);
        }
        recount(&clients[i], before);
    }
}

/* Returns the seconds that it took. */
static double open_all(void) {
    began_at = now_ns();
    int64_t news_at = began_at;
    while (!stopped && (started < wanted || opening)) {
        int before = sockets.open + sockets.failed;
        while (started < wanted && opening < at_once) {
            start(&clients[started]);
        }
        turn();
        if (sockets.open + sockets.failed > before) {
            news_at = now_ns();
        } else if (now_ns() - news_at > PATIENCE_NS) {
            give_up_opening();
        }
    }
    return (now_ns() - began_at) / 1e9;
}

static void listen_for(size_t expected) {
    int64_t ready_at = now_ns();
    int64_t quiet = 0;
    while (!stopped && sockets.open && quiet < PATIENCE_NS
           && !(expected && delivery_count() >= expected && quiet > LINGER_NS)) {
        turn();
        quiet = now_ns() - (last_news_at() ? last_news_at() : ready_at);
    }
}

static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Creates the clients, each with a line of the file as its Cookie header. */
static void read_cookies(const char *name) {
    FILE *file = must(fopen(name, "r"));
    char line[2048];
    clients = must(calloc((size_t)wanted, sizeof *clients));
    for (int i = 0; i < wanted; i++) {
        if (!fgets(line, sizeof line, file)) {
            fprintf(stderr, "wsload: %s has only %d lines\n", name, i);
            exit(1);
        }
        line[strcspn(line, "\n")] = 0;
        clients[i].cookie = must(strdup(line));
        clients[i].greeting = greeting;
    }
    fclose(file);
}

static void prepare(void) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = stop}, NULL);
    alarm(LIFETIME_S);
    epoll = epoll_create1(0);
}

int main(int count, char **words) {
    if (count < 6 || count > 8) {
        fprintf(stderr, "usage: wsload PORT PATH SOCKETS EXPECTED COOKIES [AT_ONCE [GREETING]]\n");
        return 2;
    }
    port = atoi(words[1]);
    path = words[2];
    wanted = atoi(words[3]);
    at_once = count > 6 ? atoi(words[6]) : AT_ONCE;
    greeting = count > 7 ? words[7] : "";
    prepare();
    read_cookies(words[5]);
    double open_seconds = open_all();
    sockets.at_ready = sockets.open;
    printf("READY %d\n", sockets.open);
    fflush(stdout);
    double open_cpu = cpu_seconds();
    listen_for(strtoul(words[4], NULL, 10));
    report(clients, wanted, (struct run){sockets, began_at, open_seconds, open_cpu, cpu_seconds() - open_cpu});
    return 0;
}
