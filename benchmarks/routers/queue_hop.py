"""Python-rtmidi with a queue: the callback puts each message in, and another thread takes it out and sends."""

import queue

from meter_ports import CHANNEL_9, open_ports

source, sink = open_ports()
messages: queue.Queue[list[int]] = queue.Queue()

source.set_callback(lambda event, _data: messages.put(event[0]))
while True:
    message = messages.get()
    message[0] = message[0] & 0xF0 | CHANNEL_9
    sink.send_message(message)
