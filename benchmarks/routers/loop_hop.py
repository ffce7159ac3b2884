"""Python-rtmidi with an event loop: the callback hands each message to uvloop's loop, which sends."""

import asyncio

import uvloop
from meter_ports import CHANNEL_9, open_ports


async def run() -> None:
    loop = asyncio.get_running_loop()
    source, sink = open_ports()

    def forward(message: list[int]) -> None:
        message[0] = message[0] & 0xF0 | CHANNEL_9
        sink.send_message(message)

    def hand_over(event: tuple[list[int], float], _data: object) -> None:
        loop.call_soon_threadsafe(forward, event[0])

    source.set_callback(hand_over)
    await asyncio.Event().wait()


uvloop.run(run())
