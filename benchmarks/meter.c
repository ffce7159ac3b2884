/* Latency of a MIDI forwarder on the ALSA sequencer: one note at a time, there and back.
 *
 *   meter [--notes N] [--gap MICROSECONDS] [--channel 1-16 | --zones N | --chord N]
 *         [--settle MILLISECONDS | --when-told] [--direct] [--histogram]
 *
 * Plays out of its port "meter source:out", waits for the note at its port "meter sink:in", pauses, plays the next:
 * note-on and note-off in turn, on channel 1. It begins once a forwarder has subscribed to both ports and the settling
 * time has passed; with --when-told, once a line or the end comes on its standard input. --direct subscribes the one to
 * the other instead: what the kernel alone takes. Where the notes should arrive: --channel says on which channel; --zones that the 128 keys are split evenly into so many zones, of
 * which the first goes to channel 1, the second to channel 2, and the one after the 16th to channel 1 again; --chord
 * that N notes played at one instant arrive one by one on channels 1 to N.
 *
 * A note's time is until we have it in hand. A chord's is until the kernel has taken its last note to our port, by the
 * kernel's own stamp: we get to run only once the forwarder sleeps. Only its note-ons are timed.
 *
 * Prints one JSON object; --histogram adds pairs of a latency and how many notes had it, in microseconds to three digits,
 * rounded down. The first note or chord is told apart from the rest, which the percentiles are of; "wrong"
 * are notes that arrived with another channel, number or velocity; "unexpected" is whatever else arrived. Exit codes: 0
 * measured, 1 nothing to measure, 2 wrong usage.
 */
#include <alsa/asoundlib.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { LOST_AFTER_MS = 1000, SUBSCRIBED_WITHIN_MS = 60000, CHECK_EVERY_MS = 50, REHEARSALS = 16, CHANNELS = 16 };
enum { CHORD_INTERVAL = 3 };

struct port {
    snd_seq_t *client;
    snd_seq_addr_t address;
};

static void fail(const char *sentence) {
    fprintf(stderr, "meter: %s\n", sentence);
    exit(1);
}

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void sleep_us(long us) {
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static struct port open_port(const char *client_name, const char *port_name, unsigned direction) {
    struct port port;
    if (snd_seq_open(&port.client, "default", SND_SEQ_OPEN_DUPLEX, 0) < 0)
        fail("there is no ALSA sequencer here (kernel module snd-seq)");
    snd_seq_set_client_name(port.client, client_name);
    port.address.client = snd_seq_client_id(port.client);
    port.address.port = snd_seq_create_simple_port(
        port.client, port_name, direction, SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_APPLICATION);
    return port;
}

static bool is_subscribed(struct port port, snd_seq_query_subs_type_t direction) {
    snd_seq_query_subscribe_t *query;
    snd_seq_query_subscribe_alloca(&query);
    snd_seq_query_subscribe_set_root(query, &port.address);
    snd_seq_query_subscribe_set_type(query, direction);
    snd_seq_query_subscribe_set_index(query, 0);
    return snd_seq_query_port_subscribers(port.client, query) >= 0;
}

/* Where notes should arrive; zones is 0 and chord 1 where they are not what is measured. */
struct expectation {
    int channel, zones, chord;
};

/* The number, velocity and kind of the i-th event, or of its k-th of a chord; who sends or expects it has the channel. */
static snd_seq_event_t event_at(int i, int k, int channel) {
    int note = 36 + i / 2 % 61 + CHORD_INTERVAL * k;
    snd_seq_event_t event;
    snd_seq_ev_clear(&event);
    if (i % 2 == 0)
        snd_seq_ev_set_noteon(&event, channel, note, 1 + i / 2 % 127);
    else
        snd_seq_ev_set_noteoff(&event, channel, note, 64);
    return event;
}

static snd_seq_event_t expected_at(int i, int k, struct expectation where) {
    snd_seq_event_t event = event_at(i, k, where.channel - 1);
    if (where.zones)
        event.data.note.channel = event.data.note.note * where.zones / 128 % CHANNELS;
    if (where.chord > 1)
        event.data.note.channel = k;
    return event;
}

/* A note-off may come as a note-on of velocity 0, and with any velocity of its own. */
static bool is_right(const snd_seq_event_t *heard, const snd_seq_event_t *expected) {
    bool sounds = heard->type == SND_SEQ_EVENT_NOTEON && heard->data.note.velocity > 0;
    bool should = expected->type == SND_SEQ_EVENT_NOTEON;
    return sounds == should && heard->data.note.channel == expected->data.note.channel &&
           heard->data.note.note == expected->data.note.note &&
           (!should || heard->data.note.velocity == expected->data.note.velocity);
}

/* The next note at the sink, or NULL after the time allowed; notices of subscriptions and the like are no notes. */
static snd_seq_event_t *next_note(struct port sink, int within_ms) {
    struct pollfd ready;
    snd_seq_poll_descriptors(sink.client, &ready, 1, POLLIN);
    while (snd_seq_event_input_pending(sink.client, 0) > 0 || poll(&ready, 1, within_ms) > 0) {
        snd_seq_event_t *event;
        if (snd_seq_event_input(sink.client, &event) >= 0 && snd_seq_ev_is_note_type(event))
            return event;
    }
    return NULL;
}

static void send(struct port source, snd_seq_event_t *event) {
    snd_seq_ev_set_source(event, source.address.port);
    snd_seq_ev_set_direct(event);
    snd_seq_event_output_direct(source.client, event);
}

/* As a keyboard's interrupt is: nobody whom a note wakes gets to run before all of them are there. Afterwards we have no
 * real-time priority, so that listening to a chord's first notes does not hold up its last. */
static void be_interrupted(bool allowed) {
    const struct sched_param priority = {.sched_priority = allowed ? 0 : sched_get_priority_max(SCHED_FIFO)};
    if (sched_setscheduler(0, allowed ? SCHED_OTHER : SCHED_FIFO, &priority) < 0)
        fail("a chord can only be played by who may have SCHED_FIFO: root, or see LimitRTPRIO");
}

/* A queue gives the events that come to the sink the kernel's time of their arrival. */
static int stamp_arrivals(struct port sink) {
    int queue = snd_seq_alloc_queue(sink.client);
    snd_seq_port_info_t *info;
    snd_seq_port_info_alloca(&info);
    snd_seq_get_port_info(sink.client, sink.address.port, info);
    snd_seq_port_info_set_timestamping(info, 1);
    snd_seq_port_info_set_timestamp_real(info, 1);
    snd_seq_port_info_set_timestamp_queue(info, queue);
    snd_seq_set_port_info(sink.client, sink.address.port, info);
    snd_seq_start_queue(sink.client, queue, NULL);
    snd_seq_drain_output(sink.client);
    return queue;
}

static long long stamp_ns(const snd_seq_real_time_t *time) {
    return time->tv_sec * 1000000000LL + time->tv_nsec;
}

static long long queue_ns(struct port sink, int queue) {
    snd_seq_queue_status_t *status;
    snd_seq_queue_status_alloca(&status);
    snd_seq_get_queue_status(sink.client, queue, status);
    return stamp_ns(snd_seq_queue_status_get_real_time(status));
}

/* Puts the i-th event ready for whoever has subscribed, a chord as one system call. */
static void prepare(struct port source, int i, int chord) {
    for (int k = 0; k < chord; k++) {
        snd_seq_event_t event = event_at(i, k, 0);
        snd_seq_ev_set_subs(&event);
        snd_seq_ev_set_source(&event, source.address.port);
        snd_seq_ev_set_direct(&event);
        snd_seq_event_output_buffer(source.client, &event);
    }
}

/* Notes addressed to the sink alone, so that the first one measured does not pay for our own page faults. */
static void rehearse(struct port source, struct port sink) {
    for (int i = 0; i < REHEARSALS; i++) {
        snd_seq_event_t event = event_at(i, 0, 0);
        snd_seq_ev_set_dest(&event, sink.address.client, sink.address.port);
        send(source, &event);
        if (!next_note(sink, LOST_AFTER_MS))
            fail("the kernel lost a note sent straight to our own port");
    }
}

static void await_forwarder(struct port source, struct port sink) {
    for (int ms = 0; ms < SUBSCRIBED_WITHIN_MS; ms += CHECK_EVERY_MS) {
        if (is_subscribed(source, SND_SEQ_QUERY_SUBS_READ) && is_subscribed(sink, SND_SEQ_QUERY_SUBS_WRITE))
            return;
        sleep_us(CHECK_EVERY_MS * 1000L);
    }
    fail("nobody subscribed to both \"meter source:out\" and \"meter sink:in\" within 60 s");
}

static int ascending(const void *a, const void *b) {
    long long left = *(const long long *)a, right = *(const long long *)b;
    return (left > right) - (left < right);
}

static double share_us(const long long *sorted, int count, double share) {
    int at = (int)(count * share);
    return sorted[at < count ? at : count - 1] / 1e3;
}

/* The latency in tenths of a microsecond, to three digits: so a few hundred numbers tell the shape of any distribution. */
static long long rounded(long long ns) {
    long long step = 100;
    while (ns / step >= 1000)
        step *= 10;
    return ns / step * (step / 100);
}

static void print_histogram(const long long *sorted, int count) {
    printf(", \"histogram\": [");
    for (int i = 0, from; i < count;) {
        for (from = i; i < count && rounded(sorted[i]) == rounded(sorted[from]); i++)
            ;
        printf("%s[%.1f, %d]", from ? ", " : "", rounded(sorted[from]) / 1e1, i - from);
    }
    printf("]");
}

static void await_word(void) {
    int letter;
    while ((letter = getchar()) != EOF && letter != '\n')
        ;
}

static int number(const char *text, int least, int most) {
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < least || value > most) {
        fprintf(stderr, "meter: \"%s\" is not a number from %d to %d\n", text, least, most);
        exit(2);
    }
    return (int)value;
}

int main(int argc, char **argv) {
    int notes = 2000, gap_us = 5000, settle_ms = 2000, direct = 0, told = 0, histogram = 0, option;
    struct expectation where = {1, 0, 1};
    const struct option options[] = {{"notes", required_argument, NULL, 'n'},
                                     {"gap", required_argument, NULL, 'g'},
                                     {"channel", required_argument, NULL, 'c'},
                                     {"zones", required_argument, NULL, 'z'},
                                     {"chord", required_argument, NULL, 'k'},
                                     {"settle", required_argument, NULL, 's'},
                                     {"direct", no_argument, &direct, 1},
                                     {"when-told", no_argument, &told, 1},
                                     {"histogram", no_argument, &histogram, 1},
                                     {NULL, 0, NULL, 0}};
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'n': notes = number(optarg, 3, 10000000); break;
        case 'g': gap_us = number(optarg, 0, 1000000); break;
        case 'c': where.channel = number(optarg, 1, CHANNELS); break;
        case 'z': where.zones = number(optarg, 1, 128); break;
        case 'k': where.chord = number(optarg, 1, 8); break;
        case 's': settle_ms = number(optarg, 0, 60000); break;
        case '?': return 2;
        }
    }

    struct port source = open_port("meter source", "out", SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ);
    struct port sink = open_port("meter sink", "in", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE);
    long long *took = malloc(notes * sizeof *took);
    for (int i = 0; i < notes; i++)
        took[i] = -1; /* written now, so that no page fault is measured later */
    now_ns();          /* so is the clock's page */
    rehearse(source, sink);
    int queue = where.chord > 1 ? stamp_arrivals(sink) : -1;
    if (direct)
        snd_seq_connect_to(source.client, source.address.port, sink.address.client, sink.address.port);
    else
        await_forwarder(source, sink);
    if (told)
        await_word();
    else
        sleep_us(settle_ms * 1000L);

    int arrived = 0, lost = 0, wrong = 0, unexpected = 0;
    long long first = -1;
    for (int i = 0; i < notes; i++) {
        while (next_note(sink, 0))
            unexpected++;
        int missing = 0;
        prepare(source, i, where.chord);
        if (queue >= 0)
            be_interrupted(false);
        long long began = queue >= 0 ? queue_ns(sink, queue) : now_ns(), ended = began;
        snd_seq_drain_output(source.client);
        if (queue >= 0)
            be_interrupted(true);
        for (int k = 0; k < where.chord; k++) {
            snd_seq_event_t expected = expected_at(i, k, where), *heard = next_note(sink, LOST_AFTER_MS);
            ended = queue < 0 ? now_ns() : heard ? stamp_ns(&heard->time.time) : ended;
            missing += !heard;
            wrong += heard && !is_right(heard, &expected);
        }
        long long latency = ended - began;
        lost += missing;
        if (!missing && i == 0)
            first = latency;
        else if (!missing && (where.chord == 1 || i % 2 == 0))
            took[arrived++] = latency;
        sleep_us(gap_us);
    }
    if (first < 0 || arrived == 0)
        fail("the first note was lost, or all the others; nothing to measure");
    qsort(took, arrived, sizeof *took, ascending);
    printf("{\"notes\": %d, \"lost\": %d, \"wrong\": %d, \"unexpected\": %d, \"first_us\": %.1f, \"min_us\": %.1f, "
           "\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p99_9_us\": %.1f, \"max_us\": %.1f",
           notes * where.chord, lost, wrong, unexpected, first / 1e3, took[0] / 1e3, share_us(took, arrived, 0.5),
           share_us(took, arrived, 0.9), share_us(took, arrived, 0.99), share_us(took, arrived, 0.999),
           took[arrived - 1] / 1e3);
    if (histogram)
        print_histogram(took, arrived);
    puts("}");
    return 0;
}
