/* Counts deliveries and their delays, and reports them. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wsload.h"

#define SLOTS 65536 /* of the table of posts, a power of two */

struct post {
    int64_t sent_at; /* 0: an empty slot */
    int64_t slowest;
    long deliveries;
};

static struct post posts[SLOTS];
static int post_count;
static int64_t *delays; /* of every delivery, ns */
static size_t deliveries, capacity, messages;
static int64_t first_sent_at, last_at;
static int64_t news_at; /* time of the last delivery or counts */
static uint64_t bytes;

int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void *must(void *memory) {
    if (!memory) {
        perror("wsload");
        exit(1);
    }
    return memory;
}

size_t delivery_count(void) {
    return deliveries;
}

int64_t last_news_at(void) {
    return news_at;
}

static struct post *find_post(int64_t sent_at) {
    size_t slot = (uint64_t)sent_at * 0x9E3779B97F4A7C15ULL >> 48;
    while (posts[slot].sent_at && posts[slot].sent_at != sent_at) {
        slot = (slot + 1) % SLOTS;
    }
    if (!posts[slot].sent_at && ++post_count == SLOTS) {
        fprintf(stderr, "wsload: too many posts\n");
        exit(1);
    }
    posts[slot].sent_at = sent_at;
    return &posts[slot];
}

static void keep_delay(int64_t delay) {
    if (deliveries == capacity) {
        capacity = capacity ? 2 * capacity : SLOTS;
        delays = must(realloc(delays, capacity * sizeof *delays));
    }
    delays[deliveries++] = delay;
}

static void note_order(struct client *client, int64_t sent_at) {
    client->disordered |= sent_at <= client->newest_sent_at;
    client->newest_sent_at = sent_at;
    client->received++;
}

static void note_delivery(int64_t sent_at, int64_t received_at) {
    struct post *post = find_post(sent_at);
    int64_t delay = received_at - sent_at;
    post->deliveries++;
    if (delay > post->slowest) {
        post->slowest = delay;
    }
    if (!first_sent_at || sent_at < first_sent_at) {
        first_sent_at = sent_at;
    }
    last_at = news_at = received_at;
    keep_delay(delay);
}

/* Parses the digits at `*at`, 0 if there are none; moves behind them. */
static int64_t read_number(const unsigned char **at, const unsigned char *end) {
    int64_t number = 0;
    while (*at < end && **at >= '0' && **at <= '9') {
        number = number * 10 + (**at - '0');
        ++*at;
    }
    return number;
}

/* Counts a message with the counts of a post, without the post itself. */
static void note_counts(struct client *client, const unsigned char *text, size_t length, int64_t received_at) {
    static const char kind[] = "\"post.counted\"", likes[] = "\"likes\":";
    const unsigned char *end = text + length;
    const unsigned char *at = text;
    while ((at = memmem(at, (size_t)(end - at), kind, sizeof kind - 1))
           && (at = memmem(at, (size_t)(end - at), likes, sizeof likes - 1))) {
        at += sizeof likes - 1;
        client->likes = (int)read_number(&at, end);
        client->counts++;
        news_at = received_at;
    }
}

void count_deliveries(struct client *client, const unsigned char *text, size_t length, int64_t received_at) {
    const unsigned char *end = text + length;
    const unsigned char *at = text;
    size_t before = deliveries;
    while ((at = memmem(at, (size_t)(end - at), "@@", 2))) {
        at += 2;
        int64_t sent_at = read_number(&at, end);
        if (sent_at) {
            note_order(client, sent_at);
            note_delivery(sent_at, received_at);
        }
    }
    if (deliveries > before) {
        bytes += length;
        messages++;
    } else {
        note_counts(client, text, length, received_at);
    }
}

static int by_size(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Returns the nearest-rank percentile in ms, 0 without values. */
static double percentile(const int64_t *sorted, size_t count, size_t percent) {
    return count ? sorted[(count * percent + 99) / 100 - 1] / 1e6 : 0;
}

/* Collects the slowest delivery of each post with `sockets` deliveries; returns the number of such posts. */
static size_t slowest_of_complete(int64_t *slowest, int sockets) {
    size_t count = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        if (posts[i].sent_at && posts[i].deliveries == sockets) {
            slowest[count++] = posts[i].slowest;
        }
    }
    return count;
}

static int exact_count(const struct client *clients, int count) {
    int exact = 0;
    for (int i = 0; i < count; i++) {
        exact += clients[i].received == post_count && !clients[i].disordered;
    }
    return exact;
}

static int by_value(const void *left, const void *right) {
    return *(const int *)left - *(const int *)right;
}

static void report_counts(const struct client *clients, int count) {
    int *counts = must(calloc((size_t)count, sizeof *counts));
    int *likes = must(calloc((size_t)count, sizeof *likes));
    for (int i = 0; i < count; i++) {
        counts[i] = clients[i].counts;
        likes[i] = clients[i].likes;
    }
    qsort(counts, (size_t)count, sizeof *counts, by_value);
    qsort(likes, (size_t)count, sizeof *likes, by_value);
    printf("\"counts_median\": %d, \"counts_most\": %d, ", counts[count / 2], counts[count - 1]);
    printf("\"likes_least\": %d, \"likes_most\": %d, ", likes[0], likes[count - 1]);
    free(counts);
    free(likes);
}

static void report_sockets(const struct client *clients, int count, const struct run *run) {
    double caught_up_seconds = deliveries ? (last_at - run->began_at) / 1e9 : 0;
    printf("\"sockets\": %d, \"failed\": %d, ", run->sockets.open, run->sockets.failed);
    printf("\"open_seconds\": %.3f, \"exact\": %d, ", run->open_seconds, exact_count(clients, count));
    printf("\"caught_up_seconds\": %.3f, ", caught_up_seconds);
    printf("\"open_cpu_seconds\": %.3f, \"cpu_seconds\": %.3f, ", run->open_cpu_seconds, run->cpu_seconds);
}

static void report_deliveries(void) {
    double seconds = (last_at - first_sent_at) / 1e9;
    qsort(delays, deliveries, sizeof *delays, by_size);
    printf("\"deliveries\": %zu, \"messages\": %zu, \"seconds\": %.3f, ", deliveries, messages, seconds);
    printf("\"rate\": %.0f, ", deliveries ? deliveries / seconds : 0);
    printf("\"bytes_each\": %.0f, ", deliveries ? (double)bytes / deliveries : 0);
    printf("\"p50_ms\": %.2f, ", percentile(delays, deliveries, 50));
    printf("\"p99_ms\": %.2f, ", percentile(delays, deliveries, 99));
}

static void report_posts(int at_ready) {
    static int64_t slowest[SLOTS];
    size_t complete = slowest_of_complete(slowest, at_ready);
    qsort(slowest, complete, sizeof *slowest, by_size);
    printf("\"posts\": %d, \"complete\": %zu, ", post_count, complete);
    printf("\"last_p50_ms\": %.2f, ", percentile(slowest, complete, 50));
    printf("\"last_p99_ms\": %.2f", percentile(slowest, complete, 99));
}

void report(const struct client *clients, int count, struct run run) {
    printf("{");
    report_sockets(clients, count, &run);
    report_counts(clients, count);
    report_deliveries();
    report_posts(run.sockets.at_ready);
    printf("}\n");
}
