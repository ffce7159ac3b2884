/* The least that forwards on alsa-lib: note events of one port to another, on another channel.
 *
 *   forward SOURCE SINK CHANNEL
 *
 * SOURCE and SINK are names of clients or "client:port" numbers, CHANNEL is 1 to 16. It runs until it is ended.
 */
#include <alsa/asoundlib.h>
#include <stdio.h>
#include <stdlib.h>

static void check(int result, const char *what) {
    if (result >= 0)
        return;
    fprintf(stderr, "forward: %s: %s\n", what, snd_strerror(result));
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 4 || atoi(argv[3]) < 1 || atoi(argv[3]) > 16) {
        fputs("usage: forward SOURCE SINK CHANNEL\n", stderr);
        return 2;
    }
    snd_seq_t *client;
    snd_seq_addr_t source, sink;
    check(snd_seq_open(&client, "default", SND_SEQ_OPEN_DUPLEX, 0), "the ALSA sequencer");
    snd_seq_set_client_name(client, "forward");
    int in = snd_seq_create_simple_port(client, "in", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE,
                                        SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_APPLICATION);
    int out = snd_seq_create_simple_port(client, "out", SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ,
                                         SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_APPLICATION);
    check(in, "its input");
    check(out, "its output");
    check(snd_seq_parse_address(client, &source, argv[1]), argv[1]);
    check(snd_seq_parse_address(client, &sink, argv[2]), argv[2]);
    check(snd_seq_connect_from(client, in, source.client, source.port), argv[1]);
    check(snd_seq_connect_to(client, out, sink.client, sink.port), argv[2]);
    for (snd_seq_event_t *event; snd_seq_event_input(client, &event) >= 0;) {
        if (!snd_seq_ev_is_note_type(event))
            continue;
        event->data.note.channel = atoi(argv[3]) - 1;
        snd_seq_ev_set_source(event, out);
        snd_seq_ev_set_subs(event);
        snd_seq_ev_set_direct(event);
        snd_seq_event_output_direct(client, event);
    }
    return 1;
}
