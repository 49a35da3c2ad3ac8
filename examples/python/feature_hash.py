"""Vectors as `layer sample` makes them: each word's hash chooses a dimension and a sign.

The catalogue also weighs words by how rare they are; a query of a few words does without.
"""

import math
import re

DIMENSIONS = 128


def fnv1a(word: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in word:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def feature_hash(text: str) -> list[float]:
    sums = [0.0] * DIMENSIONS
    for word in re.findall(rb"[0-9A-Za-z\x80-\xff]+", text.encode()):
        value = fnv1a(word.lower())
        sums[value % DIMENSIONS] += 1 if value >> 32 & 1 else -1
    length = math.hypot(*sums)
    return [x / length for x in sums] if length else [1.0] + sums[1:]
