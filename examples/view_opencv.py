#!/usr/bin/env python3
"""Shows the pictures of `camagent recv <address> pipe:/tmp/cam` in a window.

Needs OpenCV and NumPy: sudo apt install python3-opencv
"""

import argparse
import json
import os
import time

import cv2
import numpy as np

# From the pixel format of the pipe to what OpenCV shows.
CONVERSIONS = {
    "rgb24": cv2.COLOR_RGB2BGR,
    "gray": cv2.COLOR_GRAY2BGR,
    "yuv420p": cv2.COLOR_YUV2BGR_I420,
    "nv12": cv2.COLOR_YUV2BGR_NV12,
}


def pictures(path):
    """Yields pictures in OpenCV's layout, for as long as there is a pipe."""
    while os.path.exists(path):
        try:
            # Opening waits for the first picture; then the format is known.
            with open(path, "rb") as pipe, open(f"{path}.json") as file:
                yield from read(pipe, json.load(file))
        except FileNotFoundError:
            return  # The agent has just ended.


def read(pipe, info):
    """Yields pictures until the agent ends or their size changes."""
    shape = (-1, info["stride"])
    if info["pixelFormat"] in ("rgb24", "bgr24"):
        shape = (info["height"], info["width"], 3)
    conversion = CONVERSIONS.get(info["pixelFormat"])
    size = info["frameBytes"]
    while len(data := pipe.read(size)) == size:
        picture = np.frombuffer(data, np.uint8).reshape(shape)
        if conversion is not None:
            picture = cv2.cvtColor(picture, conversion)
        yield picture


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pipe", nargs="?", default="/tmp/cam")
    parser.add_argument(
        "--headless",
        type=int,
        metavar="N",
        help="show nothing, end after N pictures",
    )
    options = parser.parse_args()

    start = time.monotonic()
    count = 0
    for picture in pictures(options.pipe):
        count += 1
        if options.headless is None:
            cv2.imshow("camagent", picture)
            if cv2.waitKey(1) in (ord("q"), 27):
                break
        elif count == options.headless:
            break
    if count == 0:
        raise SystemExit(f"No pictures in {options.pipe}")
    height, width, _ = picture.shape
    seconds = time.monotonic() - start
    print(f"{count} pictures of {width}x{height} in {seconds:.1f} s")


if __name__ == "__main__":
    main()
