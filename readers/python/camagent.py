"""Reads frames that `camagent recv ... shm:cam0` shows in shared memory.

One file, to copy beside your program; it needs NumPy and Python 3.9.

    import camagent

    for frame in camagent.open("cam0"):
        print(frame.number, frame.age, frame.data.mean(axis=(0, 1)))

The writer may come, go, be killed and change the size of its pictures: the
reader stays, and waits. It opens the memory for reading only, and leaves
nothing behind.
"""

import ctypes
import mmap
import os
import platform
import stat
import threading
import time

import numpy as np

__all__ = ["open", "Frames", "Frame", "Geometry"]

# Where things are in the header; camagent's README has the table.
_MAGIC = b"camagent"
_VERSION = 1
_U32 = {
    name: offset // 4
    for name, offset in {
        "version": 8,
        "header_bytes": 12,
        "slots": 28,
        "width": 48,
        "height": 52,
        "planes": 80,
        "plane": 88,
        "state": 192,
        "notify": 196,
        "newest": 208,
    }.items()
}
_U64 = {
    name: offset // 8
    for name, offset in {
        "generation": 16,
        "slot_bytes": 32,
        "frame_bytes": 40,
        "heartbeat": 200,
    }.items()
}
_PIXEL_FORMAT = slice(56, 72)
_FPS = 72
_RECORDS = 256
_RECORD_BYTES = 64
_MAX_SLOTS = 64
_MAX_SIDE = 16384
_LIVE = 1
_CLOSED = 2
_KEYFRAME, _DAMAGED, _AFTER_LOSS = 1, 2, 4

# Bytes per sample and what the size is divided by, plane by plane.
_PLANES = {
    "rgb24": ((3, 1),),
    "bgr24": ((3, 1),),
    "gray": ((1, 1),),
    "yuv420p": ((1, 1), (1, 2), (1, 2)),
    "nv12": ((1, 1), (2, 2)),
}

# A writer that has not renewed its heartbeat for so long is not at work.
_STALE_NS = 900_000_000

# How often it is looked whether the writer has gone, or come back.
_CHECK_S = 0.25
_ABSENT_S = 0.05

# Where the system has no futex(2) that we know: it is looked this often.
_POLL_S = 0.001

_FUTEX = {"x86_64": 202, "aarch64": 98}.get(platform.machine())


class Geometry:
    """What all frames have in common until the pictures change their size.

    width, height: in pixels.
    pixel_format: "rgb24", "bgr24", "gray", "yuv420p" or "nv12".
    planes: (offset, stride, rows, row_bytes) of each plane, in bytes.
    fps: frames per second where the stream tells, else None.
    """

    def __init__(self, width, height, pixel_format, planes, fps):
        self.width = width
        self.height = height
        self.pixel_format = pixel_format
        self.planes = planes
        self.fps = fps


class Frame:
    """One picture.

    data: uint8; (height, width, 3) of rgb24 and bgr24, (height, width) of
        gray, all bytes in a row of yuv420p and nv12 (see planes).
    planes: uint8, (rows, row_bytes) each.
    generation: another one for every writer and every size.
    number: counts its frames from 1; a gap are frames you did not read.
    captured_at: nanoseconds of time.monotonic_ns() when the sensor took it,
        None where the sender does not tell.
    received_at, decoded_at, published_at: the same of its last coded byte, its
        last pixel, and of the moment since which readers see it.
    keyframe, damaged, after_loss: whether the coded picture was a keyframe,
        whether parts of it are wrong, whether frames before it are missing.
    geometry: see Geometry.
    """

    def __init__(self, segment, slot, sequence, copy):
        words, record = segment.words64, segment.record32(slot) // 2
        flags = segment.words32[2 * record + 1]
        self.geometry = segment.geometry
        self.generation = segment.generation
        self.number = words[record + 1]
        self.captured_at = words[record + 2] or None
        self.received_at = words[record + 3]
        self.decoded_at = words[record + 4]
        self.published_at = words[record + 5]
        self.keyframe = bool(flags & _KEYFRAME)
        self.damaged = bool(flags & _DAMAGED)
        self.after_loss = bool(flags & _AFTER_LOSS)
        self._segment = None if copy else segment
        self._slot, self._sequence = slot, sequence
        start = segment.header_bytes + slot * segment.slot_bytes
        data = segment.bytes[start : start + segment.frame_bytes]
        self._bytes = data.copy() if copy else data

    @property
    def data(self):
        geometry = self.geometry
        offset, stride, rows, row_bytes = geometry.planes[0]
        if geometry.pixel_format in ("rgb24", "bgr24"):
            shape, strides = (rows, geometry.width, 3), (stride, 3, 1)
            return np.ndarray(shape, np.uint8, self._bytes, offset, strides)
        if geometry.pixel_format == "gray":
            return self.planes[0]
        return self._bytes

    @property
    def planes(self):
        return [
            np.ndarray((rows, row), np.uint8, self._bytes, offset, (stride, 1))
            for offset, stride, rows, row in self.geometry.planes
        ]

    @property
    def age(self):
        """Seconds since its capture, or since its arrival."""
        since = self.captured_at or self.received_at
        return (time.monotonic_ns() - since) / 1e9

    def is_whole(self):
        """Of a view: whether all that you have read of it is this picture.

        A view is there until its slot is filled anew, two frames later or so.
        A copy is always whole.
        """
        if self._segment is None:
            return True
        return self._segment.is_still(self._slot, self._sequence)


class Frames:
    """The frames of one name, whichever process writes them."""

    def __init__(self, name, timeout=None, copy=True):
        self._name = name
        self._path = _path_of(name)
        self._timeout = timeout
        self._copy = copy
        self._segment = None
        self._inode = None
        self._left = "absent"
        self._last = (None, 0)

    def __iter__(self):
        return self

    def __next__(self):
        return self.next(self._timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Lets the memory go; frames that are views keep what they need."""
        self._segment = self._inode = None

    @property
    def state(self):
        """How the writer is: "live", "stale" (killed or frozen), "closed" (it
        has ended) or "absent" (not there yet)."""
        return self._attach()[1]

    @property
    def silence(self):
        """Seconds since the writer's last sign of life, which comes every 0.25
        s; None without a writer."""
        segment, _ = self._attach()
        return segment.silence() / 1e9 if segment else None

    @property
    def geometry(self):
        """See Geometry; None while there is no writer."""
        segment, _ = self._attach()
        return segment.geometry if segment else None

    def read_latest(self, copy=None):
        """Returns the newest frame, None if there is none. Does not wait.

        copy: False for a view, see Frame.is_whole(). Views are for reading.
        """
        segment, _ = self._attach()
        return self._read(segment, copy, (None, 0)) if segment else None

    def next(self, timeout=None, copy=None):
        """Waits for a frame that was not returned before: for the newest.

        timeout: seconds; None waits for ever.
        Raises TimeoutError.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            segment, state = self._attach()
            notify = segment and segment.notify()
            # What a writer showed that has been killed since is no news.
            if segment and state != "stale":
                frame = self._read(segment, copy, self._last)
                if frame is not None:
                    return frame
            left = _CHECK_S
            if deadline is not None:
                left = min(left, deadline - time.monotonic())
            if left <= 0:
                raise TimeoutError(
                    f'No frame of "{self._name}" within {timeout} s: '
                    f"the writer is {state}"
                )
            if segment:
                segment.wait(notify, left)
            else:
                time.sleep(min(left, _ABSENT_S))

    def _read(self, segment, copy, last):
        """Returns the newest frame, if it comes after the last."""
        copy = self._copy if copy is None else copy
        # Another look if the slot was filled anew in between.
        for _ in range(3):
            slot = segment.newest()
            if slot is None:
                return None
            sequence = segment.sequence(slot)
            if sequence % 2 != 0:
                continue
            key = (segment.generation, segment.number(slot))
            if key[0] == last[0] and key[1] <= last[1]:
                return None
            frame = Frame(segment, slot, sequence, copy)
            if segment.is_still(slot, sequence):
                self._last = key
                return frame
        return None

    def _attach(self):
        """Returns what is mapped, or what stands there if that is gone, and
        how its writer is."""
        segment = self._segment
        state = segment.state() if segment else self._left
        if state == "live":
            return segment, state
        try:
            inode = os.stat(self._path, follow_symlinks=False).st_ino
        except FileNotFoundError:
            inode = None
        if inode is not None and inode != self._inode:
            opened = _open_segment(self._path)
            if opened:
                self._segment, self._inode = opened
                return self._segment, self._segment.state()
        elif inode is None and state == "closed":
            self._segment = self._inode = None
            self._left = "closed"
        return self._segment, state


def open(name, timeout=None, copy=True):
    """Opens the frames of shm:<name>; there need be no writer yet.

    timeout: seconds that iterating waits for a frame; None waits for ever.
    copy: False to have views instead of copies.
    """
    return Frames(name, timeout, copy)


def _path_of(name):
    if not name or "\0" in name or not name.strip("."):
        raise ValueError(f"Cannot open {name!r}: no name")
    if name.startswith("/"):
        return name
    if "/" in name:
        raise ValueError(f"Cannot open {name!r}: no name")
    return f"/dev/shm/camagent-{name}"


def _open_segment(path):
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        fd = os.open(path, flags)
    except FileNotFoundError:
        return None
    try:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            raise ValueError(f"Cannot read {path!r}: it is no file")
        if about.st_size < _RECORDS:
            raise ValueError(f"Cannot read {path!r}: it is too short")
        memory = mmap.mmap(
            fd, about.st_size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ
        )
        try:
            return _Segment(memory), about.st_ino
        except ValueError as error:
            raise ValueError(f"Cannot read {path!r}: {error}") from None
    finally:
        os.close(fd)


class _Segment:
    """What one writer made. NumPy keeps the memory while views are left."""

    def __init__(self, memory):
        self.bytes = np.frombuffer(memory, np.uint8)
        # Aligned words are read in one piece, unlike those of struct; and
        # sooner than NumPy does.
        words = memoryview(memory)[: len(memory) // 8 * 8]
        self.words32, self.words64 = words.cast("I"), words.cast("Q")
        _check(bytes(memory[:8]) == _MAGIC, "no frames of camagent")
        version = self._u32("version")
        _check(version == _VERSION, f"version {version} of the layout")
        self.generation = self._u64("generation")
        self.slots = self._u32("slots")
        self.header_bytes = self._u32("header_bytes")
        self.slot_bytes = self._u64("slot_bytes")
        self.frame_bytes = self._u64("frame_bytes")
        records = _RECORDS + self.slots * _RECORD_BYTES
        end = self.header_bytes + self.slots * self.slot_bytes
        _check(1 <= self.slots <= _MAX_SLOTS, "number of slots")
        _check(self.header_bytes % 8 == self.slot_bytes % 8 == 0, "places")
        _check(self.header_bytes >= records, "size of the header")
        _check(1 <= self.frame_bytes <= self.slot_bytes, "size of the slots")
        _check(end <= len(self.bytes), "size")
        self.geometry = self._read_geometry()
        self._notify_at = self.bytes.ctypes.data + 4 * _U32["notify"]

    def _read_geometry(self):
        width, height = self._u32("width"), self._u32("height")
        text = self.bytes[_PIXEL_FORMAT].tobytes().split(b"\0")[0]
        pixel_format = text.decode("latin-1")
        kinds = _PLANES.get(pixel_format)
        _check(kinds is not None, f"pixel format {pixel_format!r}")
        sides = (width, height)
        _check(all(1 <= side <= _MAX_SIDE for side in sides), "size of pictures")
        _check(self._u32("planes") == len(kinds), "number of planes")
        planes = []
        for index, (size, divisor) in enumerate(kinds):
            at = _U32["plane"] + 4 * index
            offset, stride, rows, row = self.words32[at : at + 4]
            _check(rows == -(-height // divisor), "rows")
            _check(row == -(-width // divisor) * size, "bytes of a row")
            _check(stride >= row, "stride")
            last = offset + (rows - 1) * stride + row
            _check(last <= self.frame_bytes, "size of a plane")
            planes.append((offset, stride, rows, row))
        fps = float(self.bytes[_FPS : _FPS + 8].view("<f8")[0])
        known = fps if 0 < fps < float("inf") else None
        return Geometry(width, height, pixel_format, tuple(planes), known)

    def _u32(self, name):
        return self.words32[_U32[name]]

    def _u64(self, name):
        return self.words64[_U64[name]]

    def record32(self, slot):
        return (_RECORDS + slot * _RECORD_BYTES) // 4

    def state(self):
        state = self._u32("state")
        if state == _CLOSED:
            return "closed"
        is_fresh = self.silence() <= _STALE_NS
        return "live" if state == _LIVE and is_fresh else "stale"

    def silence(self):
        return time.monotonic_ns() - self._u64("heartbeat")

    def notify(self):
        return self._u32("notify")

    def newest(self):
        slot = self._u32("newest")
        return slot if slot < self.slots else None

    def sequence(self, slot):
        return self.words32[self.record32(slot)]

    def number(self, slot):
        return self.words64[self.record32(slot) // 2 + 1]

    def is_still(self, slot, sequence):
        _fence()
        return self.sequence(slot) == sequence

    def wait(self, notify, seconds):
        """Waits until somebody wakes us, `notify` has changed, or time is up."""
        if _FUTEX is None:
            time.sleep(min(seconds, _POLL_S))
            return
        timeout = _Timespec(int(seconds), int(seconds % 1 * 1e9))
        _syscall(_FUTEX, self._notify_at, 0, notify, timeout, None, 0)


_lock = threading.Lock()


def _fence():
    # What was read before is read before what follows: no read passes both the
    # release of the one and the acquisition of the other.
    with _lock:
        pass
    with _lock:
        pass


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


_syscall = ctypes.CDLL(None).syscall
_syscall.argtypes = [
    ctypes.c_long,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_uint32,
    ctypes.POINTER(_Timespec),
    ctypes.c_void_p,
    ctypes.c_uint32,
]
_syscall.restype = ctypes.c_long


def _check(condition, what):
    if not condition:
        raise ValueError(f"bad header: {what}")
