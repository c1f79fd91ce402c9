#!/usr/bin/env python3
"""Gives a GStreamer pipeline what a receiver shows in shared memory.

    camagent recv tcp://raspberrypi.local:5001 shm:cam0
    ./shm_gstreamer.py cam0 "videoconvert ! autovideosink"

Needs python3-gi, gir1.2-gst-plugins-base-1.0, GStreamer's plugins, and
readers/python/camagent.py on the Python path. When the pictures change their
size the pipeline is told so; it ends when the pipeline does.
"""

import os
import sys

import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp  # noqa: E402, F401

# In a project of your own camagent.py stands beside your program.
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../readers/python"))
import camagent  # noqa: E402

FORMATS = {
    "rgb24": "RGB",
    "bgr24": "BGR",
    "gray": "GRAY8",
    "yuv420p": "I420",
    "nv12": "NV12",
}


def packed(plane):
    """Rows as GStreamer has them by itself: each begins at a multiple of 4."""
    rows, row_bytes = plane.shape
    return np.pad(plane, ((0, 0), (0, -row_bytes % 4))).tobytes()


def caps(geometry):
    return Gst.Caps.from_string(
        f"video/x-raw,format={FORMATS[geometry.pixel_format]},"
        f"width={geometry.width},height={geometry.height},framerate=0/1"
    )


def main(name, description):
    Gst.init(None)
    pipeline = Gst.parse_launch(
        f"appsrc name=frames is-live=true do-timestamp=true format=time "
        f"max-buffers=2 leaky-type=downstream ! {description}"
    )
    source = pipeline.get_by_name("frames")
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    known = None
    for frame in camagent.open(name):
        if frame.generation != known:
            source.set_caps(caps(frame.geometry))
            known = frame.generation
        data = b"".join(packed(plane) for plane in frame.planes)
        result = source.push_buffer(Gst.Buffer.new_wrapped(data))
        ended = bus.pop_filtered(Gst.MessageType.ERROR | Gst.MessageType.EOS)
        if ended and ended.type == Gst.MessageType.ERROR:
            sys.exit(f"GStreamer: {ended.parse_error()[0].message}")
        if ended or result != Gst.FlowReturn.OK:
            break
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
