"""Answers of a store that two readers could frame differently, and what the client is given of each.

The request is a GET. An outcome is the answer's "STATUS BODY", 502 for what is not sound HTTP, or "cut": the
client's connection ends before the answer is whole."""

OK = "HTTP/1.1 200 OK\r\n"
LENGTH = OK + "Content-Length: 5\r\n"
HELLO = LENGTH + "\r\nhello"
CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n"
LAST = "0\r\n\r\n"
FORGED = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Told: 1\r\n\r\nforged"


def coded(value):
    return f"{OK}Transfer-Encoding: {value}\r\n\r\n5\r\nhello\r\n{LAST}"


def long(value):
    return f"{OK}Content-Length: {value}\r\n\r\nhello"


def sized(line):
    return f"{CHUNKED}2\r\nhe\r\n{line}\r\nllo\r\n{LAST}"


# Nothing of it is passed on, and its connection ends.
UNSOUND = {
    # --- lengths
    "two lengths": OK + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "the same length twice": OK + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": long("5, 5"),
    "length with a plus": long("+5"),
    "negative length": long("-5"),
    "hexadecimal length": long("0x5"),
    "two numbers in a length": long("5 5"),
    "length past 64 bits": long("18446744073709551621"),
    "empty length": long(""),
    "length before a vertical tab": long("5\x0b"),
    "length with a fraction": long("5.0"),
    # --- codings
    "length and chunked": OK + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + LAST + FORGED,
    "chunked and length": OK + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + LAST + FORGED,
    "unknown coding": coded("xchunked"),
    "identity": coded("identity"),
    "gzip then chunked": coded("gzip, chunked"),
    "chunked twice": coded("chunked, chunked"),
    "chunked in two headers": coded("chunked\r\nTransfer-Encoding: chunked"),
    "coding with a parameter": coded("chunked;q=1"),
    "coding after a vertical tab": coded("\x0bchunked"),
    "empty coding": coded(""),
    "chunked then gzip": coded("chunked, gzip"),
    "coding in HTTP/1.0": coded("chunked").replace("HTTP/1.1", "HTTP/1.0"),
    # --- lines and headers
    "space before the colon": OK + "Content-Length : 5\r\n\r\nhello",
    "tab before the colon": OK + "Transfer-Encoding\t: chunked\r\n\r\n" + LAST,
    "space before a name": OK + " Content-Length: 5\r\n\r\nhello",
    "folded value": LENGTH + "X: a\r\n b\r\n\r\nhello",
    "bare LF behind the status": HELLO.replace("\r\n", "\n", 1),
    "bare LF behind a header": LENGTH + "X: y\nZ: z\r\n\r\nhello",
    "bare LFs": HELLO.replace("\r\n", "\n"),
    "bare CR in a value": LENGTH + "X: a\rSet-Cookie: b\r\n\r\nhello",
    "NUL in a value": LENGTH + "X: a\0b\r\n\r\nhello",
    "control character in a value": LENGTH + "X: a\x01b\r\n\r\nhello",
    "empty header name": LENGTH + ": x\r\n\r\nhello",
    "header without a colon": LENGTH + "nonsense\r\n\r\nhello",
    "space in a name": LENGTH + "X Y: z\r\n\r\nhello",
    "name with a NUL": LENGTH + "X\0: z\r\n\r\nhello",
    "name beyond ASCII": LENGTH + "X\xe9: z\r\n\r\nhello",
    # --- status lines
    "version 2.0": HELLO.replace("HTTP/1.1", "HTTP/2.0"),
    "version 1.2": HELLO.replace("HTTP/1.1", "HTTP/1.2"),
    "lower-case version": HELLO.replace("HTTP/1.1", "http/1.1"),
    "a protocol of another name": HELLO.replace("HTTP/1.1", "ICY"),
    "HTTP/0.9": "hello\r\n\r\n",
    "status below 100": HELLO.replace("200", "099"),
    "status of four digits": HELLO.replace("200", "2000"),
    "status of letters": HELLO.replace("200", "abc"),
    "two spaces before the status": HELLO.replace(" 200", "  200"),
    "NUL in the reason": HELLO.replace("OK", "O\0K"),
    "bare CR in the reason": HELLO.replace("OK", "O\rK"),
    "half an empty line first": "\n" + HELLO,
    "an empty line first": "\r\n" + HELLO,
    "a request for an answer": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no answer at all": "\x15\x03\x01\x00\x02\x02\x28\r\n\r\n",
    # --- interim answers
    "a switch of protocols": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n" + HELLO,
    "ten interim answers": "HTTP/1.1 100 Continue\r\n\r\n" * 10 + HELLO,
    "a flood of interim answers": "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 20_000 + HELLO,
    "interim answer with a body": "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" + HELLO,
    # --- sizes
    "huge header": LENGTH + f"X: {'a' * 200_000}\r\n\r\nhello",
    "many headers": LENGTH + "X: y\r\n" * 2000 + "\r\nhello",
    # --- chunks, before any of the body
    "first chunk is negative": CHUNKED + "-1\r\nhello\r\n" + LAST,
    "first chunk past 64 bits": CHUNKED + "10000000000000005\r\nhello\r\n" + LAST,
    "first chunk with a bare LF": CHUNKED + "5\nhello\r\n" + LAST,
    "first chunk size is empty": CHUNKED + "\r\nhello\r\n" + LAST,
}

# The head is sound, what follows is not, or ends early: the client must not take it for whole.
CUT = {
    "negative chunk": sized("-1"),
    "prefixed chunk size": sized("0x3"),
    "chunk size past 64 bits": sized("10000000000000003"),
    "chunk size that is no number": sized("g"),
    "empty chunk size": sized(""),
    "space before a chunk size": sized(" 3"),
    "junk after a chunk size": sized("3 junk"),
    "chunk size with a bare LF": CHUNKED + "2\r\nhe\r\n3\nllo\r\n" + LAST,
    "extension with a bare CR": sized("3;a\rb"),
    "chunk without its end": CHUNKED + "5\r\nhello" + LAST,
    "chunk longer than it says": CHUNKED + "5\r\nhelloX\r\n" + LAST,
    "chunk ended by a bare LF": CHUNKED + "5\r\nhello\n" + LAST,
    "last chunk with a bare LF": CHUNKED + "5\r\nhello\r\n0\n\r\n" + FORGED,
    "answer for the trailers": CHUNKED + "5\r\nhello\r\n0\r\n" + FORGED,
    "trailer that is no header": CHUNKED + "5\r\nhello\r\n0\r\nno colon\r\n\r\n",
    "folded trailer": CHUNKED + "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n",
    "length in the trailers": CHUNKED + "5\r\nhello\r\n0\r\nContent-Length: 1\r\n\r\n" + FORGED,
    "endless extension": sized("3;" + "a" * 200_000),
    "endless trailers": CHUNKED + "5\r\nhello\r\n0\r\n" + "X: y\r\n" * 50_000,
    "end within a body": LENGTH.replace("5", "50") + "\r\nhello",
    "end within a chunk": CHUNKED + "50\r\nhello",
    "end before the last chunk": CHUNKED + "5\r\nhello\r\n",
    "end within the last chunk": CHUNKED + "5\r\nhello\r\n0\r\n",
    "end within the trailers": CHUNKED + "5\r\nhello\r\n0\r\nX: y\r\n",
}

# A whole answer, and more: the client gets its own, and the connection carries no other.
SURPLUS = {
    "a byte": (HELLO + "X", "200 hello"),
    "an empty line": (HELLO + "\r\n", "200 hello"),
    "another answer": (HELLO + FORGED, "200 hello"),
    "another answer, refused": (HELLO + "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "200 hello"),
    "an interim answer": (HELLO + "HTTP/1.1 100 Continue\r\n\r\n", "200 hello"),
    "another answer behind chunks": (CHUNKED + "5\r\nhello\r\n" + LAST + FORGED, "200 hello"),
    "chunks behind a length": (HELLO + LAST, "200 hello"),
    "a body of length 0": (OK + "Content-Length: 0\r\n\r\nhello", "200"),
    "a body of 204": ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "204"),
    "an answer as the body of 204": (f"HTTP/1.1 204 No Content\r\nContent-Length: 60\r\n\r\n{FORGED}", "204"),
    "chunks of 204": (
        "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + LAST,
        "204",
    ),
    "a body of 304": ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", "304"),
    "an answer as the body of 304": (
        f"HTTP/1.1 304 Not Modified\r\nContent-Length: 60\r\n\r\n{FORGED}",
        "304",
    ),
    "chunks of 304": (
        "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" + LAST,
        "304",
    ),
}

# A whole answer whose connection says that it ends, or must.
CLOSING = {
    "closing": (LENGTH + "Connection: close\r\n\r\nhello", "200 hello"),
    "closing, among others": (LENGTH + "Connection: x, Close\r\n\r\nhello", "200 hello"),
    "closing, and another answer": (LENGTH + "Connection: close\r\n\r\nhello" + FORGED, "200 hello"),
    "version 1.0": (HELLO.replace("HTTP/1.1", "HTTP/1.0"), "200 hello"),
    "until the end": (OK + "\r\nhello", "200 hello"),
    "until the end, with an answer": (OK + "\r\n" + FORGED, f"200 {FORGED}"),
    "until the end, that shall stay": (OK + "Connection: keep-alive\r\n\r\nhello", "200 hello"),
}

# Sound and whole: the next request may use its connection.
SOUND = {
    "plain": (HELLO, "200 hello"),
    "chunks": (CHUNKED + "2\r\nhe\r\n003\r\nllo\r\n" + LAST, "200 hello"),
    "extensions and trailers": (CHUNKED + '5;a=b;c="d"\r\nhello\r\n0;x\r\nX-T: y\r\n\r\n', "200 hello"),
    "an answer as a body": (f"{OK}Content-Length: {len(FORGED)}\r\n\r\n{FORGED}", f"200 {FORGED}"),
    "an answer as a chunk": (f"{CHUNKED}{len(FORGED):x}\r\n{FORGED}\r\n{LAST}", f"200 {FORGED}"),
    "no body": (OK + "Content-Length: 0\r\n\r\n", "200"),
    "204": ("HTTP/1.1 204 No Content\r\n\r\n", "204"),
    "204 with a length": ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204"),
    "304 with a length": ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304"),
    "304 with a coding": ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "304"),
    "an interim answer first": ("HTTP/1.1 100 Continue\r\n\r\n" + HELLO, "200 hello"),
    "hints first": ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3 + HELLO, "200 hello"),
    "no reason": (HELLO.replace(" OK", " "), "200 hello"),
    "version 1.0 that stays": (
        LENGTH.replace("HTTP/1.1", "HTTP/1.0") + "Connection: keep-alive\r\n\r\nhello",
        "200 hello",
    ),
    "length nominated": (LENGTH + "Connection: content-length\r\n\r\nhello", "200 hello"),
    "upgrade offered": (LENGTH + "Connection: upgrade\r\nUpgrade: h2c\r\n\r\nhello", "200 hello"),
    "value beyond ASCII": (LENGTH + "X: \xe9\r\n\r\nhello", "200 hello"),
    "a name with underscores": (LENGTH + "Transfer_Encoding: chunked\r\n\r\nhello", "200 hello"),
}
