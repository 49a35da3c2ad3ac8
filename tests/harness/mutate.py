"""Mutations of byte strings, by seed: what a message becomes when somebody turns a few of its screws."""

import random
import re

BYTES = [
    bytes([n]) for n in (*range(0x21), *b',;:-+."#%/\\?@_=0159aAfFxX()', 0x7F, 0x80, 0x85, 0xA0, 0xC0, 0xFF)
]
ENDS = [
    b"\n",
    b"\r",
    b"\r\r\n",
    b"\n\r",
    b"\r\n\r\n",
    b"\r\n ",
    b"\r\n\t",
    b"\0\r\n",
    b" \r\n",
    b"\t\r\n",
    b"\x0b\r\n",
    b"",
]
NUMBERS = [
    b"0",
    b"1",
    b"5",
    b"05",
    b"+5",
    b"-1",
    b"0x5",
    b"5;",
    b"5,5",
    b"5 ",
    b"a",
    b"f" * 16,
    b"1" + b"0" * 16,
    b"18446744073709551615",
]
NUMBERS += [
    b"18446744073709551616",
    b"18446744073709551621",
    b"4294967296",
    b"9" * 40,
    b"5e1",
    b"\t5",
    b"00000000000000005",
]
LINES = [
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 44\r\n",
    b"Content-Length:\r\n",
    b"Content-length: 5, 5\r\n",
    b"Content_Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding: CHUNKED\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n",
    b" Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
    b"Connection: content-length, transfer-encoding, x-token\r\n",
    b"Connection: upgrade\r\nUpgrade: h2c\r\n",
    b"Expect: 100-continue\r\n",
    b"Trailer: content-length\r\n",
    b"TE: trailers\r\n",
    b"Host: elsewhere.test\r\n",
    b"X: y\r\n",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
    b"5;a=b\r\nhello\r\n",
    b"\r\n",
]
LINE = re.compile(rb"[^\n]*\n")
NUMBER = re.compile(rb"[0-9]+")


class Mutator:
    """The same seed and the same messages give the same mutations."""

    def __init__(self, seed, messages):
        self.random, self.messages = random.Random(seed), messages
        self.screws = [
            self.put_byte,
            self.put_byte,
            self.insert_byte,
            self.insert_byte,
            self.drop,
            self.repeat,
            self.end_otherwise,
            self.end_otherwise,
            self.insert_line,
            self.insert_line,
            self.drop_line,
            self.repeat_line,
            self.swap_lines,
            self.other_number,
            self.other_case,
            self.splice,
            self.append,
        ]

    def __iter__(self):
        return self

    def __next__(self):
        data = self.random.choice(self.messages)
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 5))):
            data = self.random.choice(self.screws)(data)
        return data

    def somewhere(self, data):
        return self.random.randrange(len(data) + 1)

    def some(self, pattern, data):
        """The borders of one of its matches; of nothing, if there is none."""
        found = [match.span() for match in pattern.finditer(data)]
        return self.random.choice(found) if found else (len(data), len(data))

    def put_byte(self, data):
        at = self.somewhere(data)
        return data[:at] + self.random.choice(BYTES) + data[at + 1 :]

    def insert_byte(self, data):
        at = self.somewhere(data)
        return data[:at] + self.random.choice(BYTES) + data[at:]

    def drop(self, data):
        at = self.somewhere(data)
        return data[:at] + data[at + self.random.choice((1, 1, 2, 4, 16)) :]

    def repeat(self, data):
        at, count = self.somewhere(data), self.random.choice((1, 2, 5, 30))
        return data[: at + count] + data[at:]

    def end_otherwise(self, data):
        _, end = self.some(LINE, data)
        return data[: max(end - 2, 0)] + self.random.choice(ENDS) + data[end:]

    def insert_line(self, data):
        at, _ = self.some(LINE, data)
        return data[:at] + self.random.choice(LINES) + data[at:]

    def drop_line(self, data):
        begin, end = self.some(LINE, data)
        return data[:begin] + data[end:]

    def repeat_line(self, data):
        begin, end = self.some(LINE, data)
        return data[:end] + data[begin:]

    def swap_lines(self, data):
        (a, b), (c, d) = sorted((self.some(LINE, data), self.some(LINE, data)))
        return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:] if b <= c else data

    def other_number(self, data):
        begin, end = self.some(NUMBER, data)
        return data[:begin] + self.random.choice(NUMBERS) + data[end:]

    def other_case(self, data):
        at = self.somewhere(data)
        return data[:at] + data[at : at + 12].swapcase() + data[at + 12 :]

    def splice(self, data):
        other = self.random.choice(self.messages)
        return data[: self.somewhere(data)] + other[self.somewhere(other) :]

    def append(self, data):
        return data + self.random.choice(self.messages)
