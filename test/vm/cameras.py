"""The compiled agent with the cameras of the kernel's vivid driver.

Runs in the machine that `boot` starts, in the folder that has `camagent`.
Prints a line for each thing that holds, and ends with 1 if one does not.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time

# Emulated, everything takes ten times as long.
DEADLINE = 60
# From the camera's return to its first picture: a start, which takes longer
# here than anywhere else, and the longest pause before it.
PAUSE = 3.7 * 1.2

# Of vivid's default picture, from left to right.
BARS = [
    (191, 191, 191), (191, 191, 0), (0, 191, 191), (0, 191, 0),
    (191, 0, 191), (191, 0, 0), (0, 0, 191), (0, 0, 0),
]
# Coding, and two ways between colours and light.
TOLERANCE = 45

DRIVER = "/sys/bus/platform/drivers/vivid"


class Agent:
    """A process of camagent, what it says, and frames on its stdout."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            ["./camagent", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.lines = []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode(errors="replace").rstrip())

    def says(self, pattern, since=0):
        """Waits for a line, and returns its number."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            for number, line in enumerate(self.lines[since:], since):
                if re.search(pattern, line):
                    return number
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n" + "\n".join(self.lines))

    def frame(self, width, height):
        data = self.process.stdout.read(width * height * 3)
        assert len(data) == width * height * 3, self.lines
        return data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait(DEADLINE)


def assert_bars(frame, width, height):
    """Eight bars, on a row that has no text and no line."""
    row = height * 7 // 8
    for index, bar in enumerate(BARS):
        at = 3 * (row * width + (2 * index + 1) * width // 16)
        pixel = tuple(frame[at:at + 3])
        near = all(abs(a - b) <= TOLERANCE for a, b in zip(pixel, bar))
        assert near, f"bar {index} is {pixel}, not {bar}"


def cameras():
    output = subprocess.check_output(["./camagent", "cameras", "--json"])
    return [json.loads(line) for line in output.splitlines()]


def bind(action):
    with open(f"{DRIVER}/{action}", "w") as file:
        file.write("vivid.0")


def wait_for(path, there=True):
    end = time.monotonic() + DEADLINE
    while os.path.exists(path) != there:
        assert time.monotonic() < end, path
        time.sleep(0.05)


def check_list():
    (camera,) = cameras()
    assert camera["address"] == "v4l2:/dev/video0", camera
    assert (camera["model"], camera["busy"]) == ("vivid", False), camera
    formats = {mode["format"] for mode in camera["modes"]}
    assert {"YUYV", "NV12"} <= formats, formats
    sizes = {mode["size"]["width"] for mode in camera["modes"]}
    assert {320, 640, 1280} <= sizes, sizes
    return f"camagent cameras: {len(camera['modes'])} modes"


def check_pictures(source, width, height):
    with Agent("send", source, "tcp://127.0.0.1:5001") as sender:
        sender.says(r"running tcp:")
        receive = ("recv", "tcp://127.0.0.1:5001", "-", "--json=stderr")
        with Agent(*receive) as receiver:
            for _ in range(3 * 15):
                frame = receiver.frame(width, height)
                assert_bars(frame, width, height)
            status = receiver.lines[receiver.says(r'"age":.*"p50":\d')]
        line = sender.lines[sender.says(r" delivers ")]
    age = json.loads(status)["sinks"][0]["age"]
    # The driver says when it took a picture; not before it was asked to.
    assert age["since"] == "capture" and 0 < age["p50"] < 5000, age
    return f"{source}: {line.split('source-v4l2: ')[-1]}, {age['p50']} ms old"


def check_busy():
    """A camera that streams is shown, and not disturbed."""
    source = "v4l2:?size=320x180&fps=15"
    with Agent("send", source, "tcp://127.0.0.1:5001") as sender:
        sender.says(r"running tcp:")
        with Agent("recv", "tcp://127.0.0.1:5001", "-") as receiver:
            receiver.frame(320, 180)
            (camera,) = cameras()
            assert camera["busy"], camera
            (user,) = camera["users"]
            assert user["name"] == "ffmpeg", camera
            receiver.frame(320, 180)
        assert not any(re.search("stalled|lost", line) for line in sender.lines)
        with Agent("send", source, "tcp://127.0.0.1:5002") as second:
            second.says(r"is in use by ffmpeg \(\d+\)")
    return "a second agent: in use by ffmpeg"


def assert_back(sender, took):
    line = sender.lines[sender.says(r"running v4l2:.* after [\d.]+ ?m?s$")]
    number, unit = re.search(r"after ([\d.]+) (m?s)$", line).groups()
    start = float(number) / (1000 if unit == "ms" else 1)
    assert took <= PAUSE + start, f"back after {took:.1f} s, start {start} s"


def check_unplugged(away):
    """Unbound from its driver, as a plug that is pulled."""
    source = "v4l2:/dev/video0?size=320x180&fps=15"
    with Agent("send", source, "tcp://127.0.0.1:5001") as sender:
        sender.says(r"running tcp:")
        with Agent("recv", "tcp://127.0.0.1:5001", "-") as receiver:
            receiver.frame(320, 180)
            since = len(sender.lines)
            bind("unbind")
            said = sender.says(r"lost .*vivid \(/dev/video0\) is unplugged", since)
            time.sleep(away)
            bind("bind")
            wait_for("/dev/video0")
            back = time.monotonic()
            sender.says(r"running v4l2:.* again", said)
            took = time.monotonic() - back
            receiver.frame(320, 180)
        assert_back(sender, took)
    return f"unplugged for {away} s: back after {took:.1f} s"


def check_unloaded():
    """The driver itself goes and comes."""
    source = "v4l2:/dev/video0?size=320x180&fps=15"
    with Agent("send", source, "tcp://127.0.0.1:5001") as sender:
        sender.says(r"running v4l2:")
        since = len(sender.lines)
        bind("unbind")
        said = sender.says(r"is unplugged", since)
        subprocess.run(["rmmod", "vivid"], check=True)
        time.sleep(3)
        load()
        back = time.monotonic()
        sender.says(r"running v4l2:.* again", said)
        took = time.monotonic() - back
        assert_back(sender, took)
    return f"driver unloaded and loaded: back after {took:.1f} s"


def check_refusal():
    with Agent("send", "v4l2:?size=333x222", "tcp://127.0.0.1:5001") as agent:
        agent.says(r"it has no 333x222, the nearest is 320x180$")
        assert agent.process.wait(DEADLINE) == 64
    return "a size that it has not: refused, the nearest is named"


def load():
    # One camera, and none of the driver's other devices.
    subprocess.run(["modprobe", "vivid", "node_types=0x1"], check=True)
    wait_for("/dev/video0")


CHECKS = [
    check_list,
    lambda: check_pictures("v4l2:/dev/video0?size=320x180&fps=15", 320, 180),
    lambda: check_pictures(
        "v4l2:vivid?size=640x360&fps=10&format=NV12", 640, 360),
    lambda: check_pictures("auto:?size=320x180&fps=15", 320, 180),
    check_busy,
    check_refusal,
    lambda: check_unplugged(1),
    lambda: check_unplugged(8),
    check_unloaded,
]

load()
failed = 0
for check in CHECKS:
    try:
        print("ok    ", check(), flush=True)
    except Exception as error:
        failed += 1
        print("FAILED", repr(error), flush=True)
print(f"{len(CHECKS) - failed} passed, {failed} failed", flush=True)
sys.exit(min(failed, 1))
