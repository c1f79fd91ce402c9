#!/usr/bin/env python3
"""Publishes as a ROS 2 topic what a receiver shows in shared memory.

    camagent recv tcp://raspberrypi.local:5001 "shm:cam0?pixelFormat=bgr24"
    ./shm_ros2.py cam0 /camera/image_raw

Needs rclpy and sensor_msgs of a sourced ROS 2, and readers/python/camagent.py
on the Python path. This example has not been run by its authors' tests: ROS 2
is no part of Debian.
"""

import os
import sys
import time

import rclpy
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import Image

# In a project of your own camagent.py stands beside your program.
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../readers/python"))
import camagent

ENCODINGS = {"rgb24": "rgb8", "bgr24": "bgr8", "gray": "mono8"}


def message(frame, node):
    """A sensor_msgs/Image; its stamp is the capture, by ROS's clock."""
    geometry = frame.geometry
    _, _, _, row_bytes = geometry.planes[0]
    since = frame.captured_at or frame.received_at
    age = time.monotonic_ns() - since
    now = node.get_clock().now().nanoseconds
    image = Image()
    image.header.stamp = Time(nanoseconds=now - age).to_msg()
    image.header.frame_id = "camera"
    image.height, image.width = geometry.height, geometry.width
    image.encoding = ENCODINGS[geometry.pixel_format]
    image.step = row_bytes
    image.data = frame.data.tobytes()
    return image


def main(name, topic):
    rclpy.init()
    node = rclpy.create_node("camagent")
    publisher = node.create_publisher(Image, topic, qos_profile_sensor_data)
    frames = camagent.open(name)
    while rclpy.ok():
        try:
            frame = frames.next(timeout=0.5)
        except TimeoutError:
            node.get_logger().warning(f"no frame: writer is {frames.state}")
            continue
        publisher.publish(message(frame, node))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
