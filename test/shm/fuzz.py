"""Shows the reader damaged headers, before and after it has opened them.

    fuzz.py SEGMENT COUNT SEED

SEGMENT is a whole one, which is overwritten.
"""

import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../readers/python"))
import camagent

HEADER = 512
VALUES = (0, 1, 2, 2**31 - 1, 2**31, 2**32 - 1, 65535, 65536, 65537, 2**32, 2**63)


def damage(header, dice):
    for _ in range(dice.randint(1, 6)):
        if dice.random() < 0.3:
            header[dice.randrange(HEADER)] ^= 1 << dice.randrange(8)
            continue
        size = dice.choice((4, 8))
        at = size * dice.randrange(HEADER // size)
        value = dice.choice(VALUES) & 2 ** (8 * size) - 1
        header[at : at + size] = value.to_bytes(size, "little")


def look(frames):
    """Touches all that a reader says is there."""
    assert frames.state in ("live", "stale", "closed", "absent")
    frame = frames.read_latest()
    if frame is None:
        return 0
    total = sum(int(plane.sum()) for plane in frame.planes)
    assert frame.data.size > 0 and frame.age is not None
    return total + frame.is_whole()


path, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(path, "rb") as file:
    whole = file.read()
opened = refused = 0
dice = random.Random(seed)
for _ in range(count):
    header = bytearray(whole[:HEADER])
    damage(header, dice)
    size = dice.randrange(len(whole)) if dice.random() < 0.12 else len(whole)
    with open(path, "r+b") as file:
        file.truncate(size)
        file.write(header[:size])
    frames = camagent.open(path)
    try:
        look(frames)
        opened += 1
        damage(header, dice)
        with open(path, "r+b") as file:
            file.write(header[:size])
        look(frames)
    except ValueError as error:
        assert str(error).startswith("Cannot read "), error
        refused += 1
    frames.close()
    with open(path, "r+b") as file:
        file.truncate(len(whole))
print(json.dumps({"opened": opened, "refused": refused}))
