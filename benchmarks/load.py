"""Asks a running bridge how it is, and has it switch, again and again, over one connection.

It says that it is ready, begins with the first line on its standard input, and ends with the end of it; then it says
how often it asked and switched, as JSON.
"""

import json
import select
import sys
import time
from typing import Final

from a4bridge.control.client import Connection, places
from a4bridge.control.wire import Status, Use

STATUS_SECONDS: Final = 0.1
SWITCH_SECONDS: Final = 1.0
PROFILES: Final = ("gridrec", "liverec")
"""Both send everything to the auto channel."""


def main() -> None:
    asked = switched = 0
    with Connection.to_first(places(None)) as bridge:
        for profile in PROFILES:
            bridge.ask(Use(profile))  # what was read once is in memory
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.monotonic()
        while not select.select([sys.stdin], [], [], max(0, began + asked * STATUS_SECONDS - time.monotonic()))[0]:
            bridge.ask(Status())
            asked += 1
            if time.monotonic() - began >= (switched + 1) * SWITCH_SECONDS:
                bridge.ask(Use(PROFILES[switched % len(PROFILES)]))
                switched += 1
    print(json.dumps({"status": asked, "switches": switched}))


if __name__ == "__main__":
    main()
