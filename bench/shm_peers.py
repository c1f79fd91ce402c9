"""Hands frames from one process to another, in the ways there are.

    shm_peers.py shm NAME SECONDS                      a reader of camagent's
    shm_peers.py fifo PATH WIDTHxHEIGHT SECONDS        a reader
    shm_peers.py fifo-writer PATH WIDTHxHEIGHT FPS
    shm_peers.py queue WIDTHxHEIGHT FPS SECONDS        both, multiprocessing
    shm_peers.py gstreamer PATH WIDTHxHEIGHT SECONDS   a reader, shmsrc
    shm_peers.py gstreamer-writer PATH WIDTHxHEIGHT FPS

A writer writes the time into the first eight bytes of a frame just before it
hands it over. A reader says "ready", and after SECONDS how old the frames were
when it had each as an array: {"frames":600,"p50":0.1,"p99":0.2}, in ms. Then it
waits to be killed.
"""

import json
import multiprocessing
import os
import signal
import sys
import time

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../readers/python"))


def size_of(text):
    width, height = map(int, text.split("x"))
    return width, height, width * height * 3


def stamp_of(frame):
    return int(frame[:8].view("<u8")[0])


def report(frames, seconds):
    """Takes (published_at, whatever) in nanoseconds for so many seconds."""
    ages = []
    end = None
    for published_at in frames:
        now = time.monotonic_ns()
        if end is None:
            # The first ones are older: somebody had to start.
            end = now + int((seconds + 1) * 1e9)
        ages.append((now, (now - published_at) / 1e6))
        if now > end:
            break
    counted = [age for at, age in ages if at > end - seconds * 1e9]
    p50, p99 = np.percentile(counted, (50, 99))
    line = {"frames": len(counted), "p50": p50, "p99": p99}
    print(json.dumps(line), flush=True)
    signal.pause()


def pace(fps):
    """Comes back for every frame, and never makes up for a late one."""
    due = time.monotonic()
    while True:
        due = max(due + 1 / fps, time.monotonic())
        time.sleep(max(0, due - time.monotonic()))
        yield np.uint64(time.monotonic_ns())


def shm(name, seconds):
    import camagent

    frames = camagent.open(name, copy=False)
    print("ready", flush=True)
    # What its own clock said when it showed it: the data is the same view.
    report((frame.data is not None and frame.published_at for frame in frames),
           float(seconds))


def fifo(path, size, seconds):
    _, _, size = size_of(size)

    def frames():
        with open(path, "rb", buffering=0) as pipe:
            frame = np.empty(size, np.uint8)
            while True:
                filled = 0
                while filled < size:
                    filled += pipe.readinto(memoryview(frame)[filled:])
                yield stamp_of(frame)

    print("ready", flush=True)
    report(frames(), float(seconds))


def fifo_writer(path, size, fps):
    import fcntl

    _, _, size = size_of(size)
    frame = np.zeros(size, np.uint8)
    with open(path, "wb", buffering=0) as pipe:
        fcntl.fcntl(pipe, 1031, 1 << 20)  # F_SETPIPE_SZ
        for now in pace(float(fps)):
            frame[:8].view("<u8")[0] = now
            view = memoryview(frame)
            while view:
                view = view[pipe.write(view) :]


def queue(size, fps, seconds):
    _, _, size = size_of(size)
    frames = multiprocessing.Queue(2)

    def taken():
        while True:
            yield stamp_of(frames.get())

    def read():
        report(taken(), float(seconds))

    multiprocessing.Process(target=read, daemon=True).start()
    print("ready", flush=True)
    frame = np.zeros(size, np.uint8)
    for now in pace(float(fps)):
        frame = frame.copy()
        frame[:8].view("<u8")[0] = now
        if not frames.full():
            frames.put(frame)


def gst():
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    from gi.repository import Gst, GstApp

    Gst.init(None)
    return Gst, GstApp


def gstreamer(path, size, seconds):
    Gst, _ = gst()
    width, height, _ = size_of(size)
    # shmsrc gives up where there is nobody yet.
    while not os.path.exists(path):
        time.sleep(0.05)
    pipeline = Gst.parse_launch(
        f"shmsrc socket-path={path} is-live=true do-timestamp=true ! "
        f"video/x-raw,format=RGB,width={width},height={height},framerate=0/1 ! "
        "appsink name=sink sync=false max-buffers=1 drop=true"
    )
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    print("ready", flush=True)

    def frames():
        while True:
            sample = sink.pull_sample()
            buffer = sample.get_buffer()
            ok, info = buffer.map(Gst.MapFlags.READ)
            try:
                yield stamp_of(np.frombuffer(info.data, np.uint8))
            finally:
                buffer.unmap(info)

    report(frames(), float(seconds))


def gstreamer_writer(path, size, fps):
    Gst, _ = gst()
    width, height, size = size_of(size)
    pipeline = Gst.parse_launch(
        f"appsrc name=source is-live=true format=time caps=video/x-raw,"
        f"format=RGB,width={width},height={height},framerate=0/1 ! "
        f"shmsink socket-path={path} shm-size={8 * size} "
        "wait-for-connection=false sync=false"
    )
    source = pipeline.get_by_name("source")
    # Killed, it leaves its memory behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    pipeline.set_state(Gst.State.PLAYING)
    frame = np.zeros(size, np.uint8)
    try:
        for now in pace(float(fps)):
            frame[:8].view("<u8")[0] = now
            source.push_buffer(Gst.Buffer.new_wrapped(frame.tobytes()))
    finally:
        pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])
