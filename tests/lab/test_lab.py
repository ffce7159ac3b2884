import json
import re
from pathlib import Path

import pytest
from machine import HERE, LabError, Machine

GUEST_TESTS = sorted((HERE / "guest").glob("test_*.py"))

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


@pytest.mark.parametrize("tests", GUEST_TESTS, ids=lambda file: file.stem)
def test_all_pass_inside_the_guest(tests: Path, machine: Machine, python: Path, tmp_path: Path) -> None:
    boot = machine.boot(f"{python} -m pytest {tests}", tmp_path, timeout_s=600)

    assert boot.status == 0, boot.console
    assert re.search(r"=+ \d+ passed in ", boot.console), f"something was skipped:\n{boot.console}"


def test_the_service_holds_under_a_real_systemd(machine: Machine, python: Path, tmp_path: Path) -> None:
    folder = HERE / "guest" / "systemd"

    boot = machine.boot(f"exec sh {folder}/boot.sh {python} {folder}/test_service.py", tmp_path, timeout_s=600)

    assert boot.status == 0, boot.console
    assert re.search(r"=+ \d+ passed in ", boot.console), f"something was skipped:\n{boot.console}"


def test_a_guest_that_dies_is_told_with_its_last_lines(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"went down before its script had ended(.|\n)*the last words"):
        machine.boot("echo the last words; busybox poweroff -f", tmp_path)


def test_a_sleeping_guest_costs_no_time_of_ours(machine: Machine, tmp_path: Path) -> None:
    boot = machine.boot("cat /proc/uptime; sleep 3600; cat /proc/uptime", tmp_path, timeout_s=60)

    before, after = (float(line.split()[0]) for line in boot.console.splitlines()[:2])
    assert after - before > 3600


def test_the_meter_times_the_kernels_own_route_and_sees_a_wrong_channel(machine: Machine, tmp_path: Path) -> None:
    meter = f"{machine.meter} --direct --notes 200 --gap 1000 --settle 100"
    boot = machine.boot(f"{meter}; {meter} --channel 9; {meter} --zones 4; {meter} --chord 4", tmp_path)

    right, elsewhere, zones, chord = (json.loads(line) for line in boot.console.splitlines()[:4])
    assert (right["notes"], right["lost"], right["wrong"], right["unexpected"]) == (200, 0, 0, 0)
    assert 1 < right["min_us"] <= right["p50_us"] <= right["p99_us"] <= right["max_us"] < 100
    assert elsewhere["wrong"] == zones["wrong"] == 200  # it plays no key of the first zone, and channel 1 alone
    assert (chord["notes"], chord["lost"], chord["wrong"]) == (800, 0, 600)
    assert right["p50_us"] < chord["p50_us"] < 4 * right["p50_us"]
