"""Reads what writer.ts writes, and counts frames that are torn.

    reader.py NAME copies COUNT
    reader.py NAME ages COUNT
    reader.py NAME watch
"""

import json
import os
import sys
import time

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../readers/python"))
import camagent

PAGE, PERIOD = 4096, 251


def is_frame(data, number):
    """Whether all bytes of a copy are those of one frame."""
    whole = len(data) // PAGE * PAGE
    for part in (data[:whole].reshape(-1, PAGE), data[whole:].reshape(1, -1)):
        if part.size == 0:
            continue
        if (part[:, :4].copy().view("<u4") != number).any():
            return False
        if (part[:, 4:] != number % PERIOD).any():
            return False
    return True


def copies(frames, count):
    looks = reads = torn = rejected = 0
    while reads < count:
        # A view, copied in two parts with a rest in between.
        view = frames.read_latest(copy=False)
        if view is None:
            continue
        data = view.data.reshape(-1)
        half = len(data) // 2 // PAGE * PAGE
        first = data[:half].copy()
        looks += 1
        if looks % 100 == 0:
            time.sleep(0.001 * (looks // 100 * 7 % 60))
        copy = np.concatenate((first, data[half:]))
        if not view.is_whole():
            rejected += 1
            continue
        reads += 1
        torn += not is_frame(copy, view.number)
    return {"reads": reads, "torn": torn, "rejected": rejected}


def ages(frames, count):
    ages = []
    for frame in frames:
        ages.append((time.monotonic_ns() - frame.published_at) / 1e6)
        if len(ages) == count:
            break
    p50, p99 = np.percentile(ages, (50, 99))
    return {"reads": count, "ageMs": {"p50": p50, "p99": p99}}


def watch(frames):
    state, generation = "absent", None
    while True:
        try:
            frame = frames.next(0.02, copy=True)
        except TimeoutError:
            frame = None
        if frames.state != state:
            state = frames.state
            print(state, flush=True)
        if frame is None:
            continue
        data = frame.data.reshape(-1)
        if not is_frame(data, frame.number):
            sys.exit("torn")
        if frame.generation != generation:
            geometry = frame.geometry
            print(f"first {geometry.width}x{geometry.height}", flush=True)
        generation = frame.generation


name, mode = sys.argv[1:3]
if mode == "watch":
    watch(camagent.open(name))
count = int(sys.argv[3])
frames = camagent.open(name, timeout=10, copy=False)
frames.next(10)
print(json.dumps({"copies": copies, "ages": ages}[mode](frames, count)))
