"""The installed service comes with the machine."""

import time

from package import output_of, play_until_heard
from usb import A4_MKI, KEYSTATION, plugged

BOOT_SECONDS = 15


def test_a_key_is_heard_soon_after_systemd_has_begun() -> None:
    with plugged(KEYSTATION, A4_MKI) as (keyboard, box):
        play_until_heard(keyboard, box)
    heard_at = time.monotonic()

    began_at = int(output_of("systemctl", "show", "-P", "UserspaceTimestampMonotonic")) / 1e6
    print(f"a first note {heard_at - began_at:.2f} s after systemd began")
    assert heard_at - began_at < BOOT_SECONDS
