/* RtMidi in C++: note events of one port to another, on another channel.
 *
 *   forward_rtmidi SOURCE SINK CHANNEL rtmidi|alsa
 *
 * SOURCE and SINK are names of clients, CHANNEL is 1 to 16. RtMidi's callback sends, by RtMidi's output or by alsa-lib's
 * own: what the two differ by is what RtMidi's output costs. It runs until it is ended.
 */
#include "RtMidi.h"

#include <alsa/asoundlib.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>

using Message = std::vector<unsigned char>;

static unsigned char channel;
static RtMidiOut *output;
static snd_seq_t *client;
static int out;

static void check(int result, const char *what) {
    if (result >= 0)
        return;
    fprintf(stderr, "forward_rtmidi: %s: %s\n", what, snd_strerror(result));
    exit(1);
}

static void change(Message &message) {
    message[0] = (message[0] & 0xF0) | channel;
}

static void send_by_rtmidi(double, Message *message, void *) {
    change(*message);
    output->sendMessage(message);
}

static void send_by_alsa(double, Message *message, void *) {
    change(*message);
    snd_seq_event_t event;
    snd_seq_ev_clear(&event);
    if ((message->at(0) & 0xF0) == 0x90)
        snd_seq_ev_set_noteon(&event, channel, message->at(1), message->at(2));
    else if ((message->at(0) & 0xF0) == 0x80)
        snd_seq_ev_set_noteoff(&event, channel, message->at(1), message->at(2));
    else
        return;
    snd_seq_ev_set_source(&event, out);
    snd_seq_ev_set_subs(&event);
    snd_seq_ev_set_direct(&event);
    snd_seq_event_output_direct(client, &event);
}

static void open_port(RtMidi &midi, const std::string &name) {
    for (unsigned port = 0; port < midi.getPortCount(); port++) {
        if (midi.getPortName(port).rfind(name + ":", 0) == 0) {
            midi.openPort(port);
            return;
        }
    }
    fprintf(stderr, "forward_rtmidi: there is no port of %s\n", name.c_str());
    exit(1);
}

static void open_by_alsa(const char *name) {
    snd_seq_addr_t sink;
    check(snd_seq_open(&client, "default", SND_SEQ_OPEN_DUPLEX, 0), "the ALSA sequencer");
    snd_seq_set_client_name(client, "forward_rtmidi");
    out = snd_seq_create_simple_port(client, "out", SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ,
                                     SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_APPLICATION);
    check(out, "its output");
    check(snd_seq_parse_address(client, &sink, name), name);
    check(snd_seq_connect_to(client, out, sink.client, sink.port), name);
}

int main(int argc, char **argv) {
    const std::string by = argc == 5 ? argv[4] : "";
    if ((by != "rtmidi" && by != "alsa") || atoi(argv[3]) < 1 || atoi(argv[3]) > 16) {
        fputs("usage: forward_rtmidi SOURCE SINK CHANNEL rtmidi|alsa\n", stderr);
        return 2;
    }
    channel = atoi(argv[3]) - 1;
    try {
        RtMidiIn input(RtMidi::LINUX_ALSA);
        if (by == "rtmidi")
            open_port(*(output = new RtMidiOut(RtMidi::LINUX_ALSA)), argv[2]);
        else
            open_by_alsa(argv[2]);
        input.setCallback(by == "rtmidi" ? send_by_rtmidi : send_by_alsa);
        open_port(input, argv[1]);
        for (;;)
            pause();
    } catch (const RtMidiError &error) {
        error.printMessage();
    }
    return 1;
}
