"""Vectors as `layer sample` makes them: each byte of a word's hash chooses a dimension and a sign.

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
        mixed = (value ^ value >> 32) * 0x9E3779B97F4A7C15 % 2**64
        for byte in mixed.to_bytes(8, "little"):
            sums[byte % DIMENSIONS] += 1 if byte & 0x80 else -1
    length = math.hypot(*sums)
    return [x / length for x in sums] if length else [1.0, *sums[1:]]
