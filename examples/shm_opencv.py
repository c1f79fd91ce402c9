#!/usr/bin/env python3
"""Shows in a window what a receiver shows in shared memory.

    camagent recv tcp://raspberrypi.local:5001 "shm:cam0?pixelFormat=bgr24"
    ./shm_opencv.py cam0

Needs python3-opencv, and readers/python/camagent.py on the Python path. With
bgr24 OpenCV takes the memory as it is; other layouts are converted. Ends with
"q"; with --headless N after N pictures, without a window.
"""

import argparse
import os
import sys
import time

import cv2

# In a project of your own camagent.py stands beside your program.
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../readers/python"))
import camagent

CONVERSIONS = {
    "rgb24": cv2.COLOR_RGB2BGR,
    "yuv420p": cv2.COLOR_YUV2BGR_I420,
    "nv12": cv2.COLOR_YUV2BGR_NV12,
}


def picture(frame):
    """What OpenCV shows: bgr24, or one plane of gray."""
    geometry = frame.geometry
    conversion = CONVERSIONS.get(geometry.pixel_format)
    if conversion is None:
        return frame.data
    data = frame.data
    if geometry.pixel_format in ("yuv420p", "nv12"):
        data = data.reshape(geometry.height * 3 // 2, geometry.width)
    return cv2.cvtColor(data, conversion)


def pictures(name, timeout=None):
    """Every picture that is whole, and the frame that it is of."""
    for frame in camagent.open(name, timeout=timeout, copy=False):
        image = picture(frame)
        if image is frame.data or not image.flags.owndata:
            image = image.copy()  # it is drawn later than the check below
        if frame.is_whole():
            yield image, frame


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="as in shm:<name>")
    parser.add_argument("--headless", type=int, metavar="N")
    arguments = parser.parse_args()
    begin = time.monotonic()
    for count, (image, frame) in enumerate(pictures(arguments.name), 1):
        if arguments.headless is None:
            cv2.imshow(f"shm:{arguments.name}", image)
            if cv2.waitKey(1) == ord("q"):
                break
        elif count >= arguments.headless:
            height, width = image.shape[:2]
            seconds = time.monotonic() - begin
            print(f"{count} pictures of {width}x{height} in {seconds:.1f} s, "
                  f"the last one {1000 * frame.age:.1f} ms old")
            break


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
