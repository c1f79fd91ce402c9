"""A player that pauses: GStreamer's rtspsrc.

    rtsp_pause.py URL tcp|udp

Plays 30 frames, pauses, and plays 30 more. Prints "paused" and "done", or what
ended it before.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst

FRAMES = 30
PAUSE_MS = 1000


def main(url, transport):
    Gst.init(None)
    # "async=false": a sink that waits for a frame keeps a pause from ending.
    player = Gst.parse_launch(
        f"rtspsrc location={url} protocols={transport} latency=0 ! "
        "rtph264depay ! fakesink name=sink signal-handoffs=true async=false"
    )
    loop = GLib.MainLoop()
    frames = 0

    def pause():
        player.set_state(Gst.State.PAUSED)
        print("paused", flush=True)
        GLib.timeout_add(PAUSE_MS, resume)

    def resume():
        player.set_state(Gst.State.PLAYING)

    def on_frame(*_):
        nonlocal frames
        frames += 1
        if frames == FRAMES:
            GLib.idle_add(pause)
        elif frames == 2 * FRAMES:
            print("done", flush=True)
            GLib.idle_add(loop.quit)

    def on_message(_, message):
        if message.type in (Gst.MessageType.EOS, Gst.MessageType.ERROR):
            print("ended", message.type, flush=True)
            loop.quit()

    player.get_by_name("sink").connect("handoff", on_frame)
    bus = player.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    player.set_state(Gst.State.PLAYING)
    loop.run()
    player.set_state(Gst.State.NULL)


main(*sys.argv[1:])
