"""Requests that two readers could frame differently, and what must become of each.

An outcome lists what the client is answered, in order: a status that the gateway gives itself, or the request
that went on to the store, as "METHOD TARGET BODY"; "closed" if the connection ends then.

Past 600 lines: one table."""

from harness.canary import STORE_KEY as KEY

AUTH = f"Authorization: Bearer {KEY}\r\n"
HOST = "Host: layer.test\r\n"
GET = f"GET /v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}"
# A route whose body the gateway does not look into.
OPAQUE = "/v2/namespaces/h/explain_query"
POST = f"POST {OPAQUE} HTTP/1.1\r\n{HOST}{AUTH}"
HELLO = POST + "Content-Length: 5\r\n\r\nhello"
CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n"
LAST = "0\r\n\r\n"
SMUGGLED = f"GET /v1/namespaces?smuggled HTTP/1.1\r\n{HOST}{AUTH}\r\n"
INNER = "GET /v1/namespaces?inner HTTP/1.1\r\nHost: layer.test\r\n\r\n"  # as the body of another


def get(target, headers="", method="GET", version="HTTP/1.1"):
    return f"{method} {target} {version}\r\n{HOST}{AUTH}{headers}\r\n"


def coded(value, body=LAST + SMUGGLED, name="Transfer-Encoding: "):
    return f"{POST}{name}{value}\r\n\r\n{body}"


def both(first, second):
    """Two framings of one message, and a request that only one of them shows."""
    return f"{POST}{first}\r\n{second}\r\n\r\n{LAST}{SMUGGLED}"


def sized(line, rest="hello\r\n" + LAST):
    """A chunk with that size line."""
    return CHUNKED + line + "\r\n" + rest


HELLO_SENT = f"POST {OPAQUE} hello"
GET_SENT = "GET /v1/namespaces"
SMUGGLED_SENT = "GET /v1/namespaces?smuggled"
CHUNKED_LINE = "Transfer-Encoding: chunked"
LENGTH_LINE = "Content-Length: 5"

# Not HTTP as the RFC has it: 400, and the connection ends.
UNSOUND = {
    # --- a length that is none
    "length with a plus": POST + "Content-Length: +5\r\n\r\nhello",
    "negative length": POST + "Content-Length: -5\r\n\r\nhello",
    "negative nothing": POST + "Content-Length: -0\r\n\r\n",
    "hexadecimal length": POST + "Content-Length: 0x5\r\n\r\nhello",
    "hexadecimal digits in a length": POST + "Content-Length: A\r\n\r\nhellohello",
    "length with an exponent": POST + "Content-Length: 5e0\r\n\r\nhello",
    "length with a fraction": POST + "Content-Length: 5.0\r\n\r\nhello",
    "two numbers in a length": POST + "Content-Length: 5 5\r\n\r\nhello",
    "two numbers with a tab": POST + "Content-Length: 5\t5\r\n\r\nhello",
    "length with a thousands separator": POST + "Content-Length: 1,000\r\n\r\nhello",
    "length with an underscore": POST + "Content-Length: 1_0\r\n\r\nhellohello",
    "length in quotes": POST + 'Content-Length: "5"\r\n\r\nhello',
    "length with a parameter": POST + "Content-Length: 5;q=1\r\n\r\nhello",
    "length with a unit": POST + "Content-Length: 5B\r\n\r\nhello",
    "length and a NUL": POST + "Content-Length: 5\0\r\n\r\nhello",
    "length after a vertical tab": POST + "Content-Length: \x0b5\r\n\r\nhello",
    "length before a form feed": POST + "Content-Length: 5\x0c\r\n\r\nhello",
    "length after a no-break space": POST + "Content-Length: \xa05\r\n\r\nhello",
    "length in fullwidth digits": POST + "Content-Length: \xef\xbc\x95\r\n\r\nhello",
    "length past 64 bits": POST + "Content-Length: 18446744073709551621\r\n\r\nhello",
    "length of 2^64": POST + "Content-Length: 18446744073709551616\r\n\r\n" + SMUGGLED,
    "length past 128 bits": POST + f"Content-Length: {(1 << 128) + 5}\r\n\r\nhello",
    "length of a thousand digits": POST + f"Content-Length: {'9' * 1000}\r\n\r\nhello",
    "empty length": POST + "Content-Length: \r\n\r\nhello",
    "length of spaces": POST + "Content-Length:    \r\n\r\nhello",
    # --- one message, two lengths
    "two lengths": POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "the same length twice": POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "the same length twice, apart": POST + "Content-Length: 5\r\nX: y\r\ncontent-length: 5\r\n\r\nhello",
    "nothing and then a length": POST + f"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello{SMUGGLED}",
    "a length and then nothing": POST + f"Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello{SMUGGLED}",
    "a list of lengths": POST + "Content-Length: 5, 5\r\n\r\nhello",
    "a list of two lengths": POST + f"Content-Length: 0, 5\r\n\r\nhello{SMUGGLED}",
    "a list with an empty place": POST + "Content-Length: 5,\r\n\r\nhello",
    "an empty and a sound length": POST + "Content-Length:\r\nContent-Length: 5\r\n\r\nhello",
    "two lengths of a GET": GET + f"Content-Length: 0\r\nContent-Length: 44\r\n\r\n{SMUGGLED}",
    # --- length and coding at once
    "length and chunked": both(LENGTH_LINE, CHUNKED_LINE),
    "chunked and length": both(CHUNKED_LINE, "Content-Length: 30"),
    "chunked and no length": both(CHUNKED_LINE, "Content-Length: 0"),
    "chunked and an empty length": both(CHUNKED_LINE, "Content-Length:"),
    "chunked and a wrong length": both(CHUNKED_LINE, "Content-Length: x"),
    "chunked and the length of all": both(CHUNKED_LINE, f"Content-Length: {len(LAST + SMUGGLED)}"),
    "identity and length": both("Transfer-Encoding: identity", LENGTH_LINE),
    "empty coding and length": both("Transfer-Encoding:", LENGTH_LINE),
    "unknown coding and length": both("Transfer-Encoding: x", LENGTH_LINE),
    "length and chunked in a GET": GET + f"{LENGTH_LINE}\r\n{CHUNKED_LINE}\r\n\r\n{LAST}{SMUGGLED}",
    "length nominated, beside chunked": both(f"Connection: content-length\r\n{LENGTH_LINE}", CHUNKED_LINE),
    "coding nominated, beside length": both(f"Connection: transfer-encoding\r\n{LENGTH_LINE}", CHUNKED_LINE),
    "chunked and length in HTTP/1.0": both(LENGTH_LINE, CHUNKED_LINE).replace("HTTP/1.1", "HTTP/1.0", 1),
    # --- codings
    "unknown coding": coded("xchunked"),
    "longer than chunked": coded("chunkedx"),
    "shorter than chunked": coded("chunke"),
    "chunked twice": coded("chunked, chunked"),
    "chunked in two headers": coded("chunked\r\nTransfer-Encoding: chunked", LAST),
    "chunked, then identity in another header": coded("chunked\r\nTransfer-Encoding: identity"),
    "identity, then chunked in another header": coded("identity\r\nTransfer-Encoding: chunked"),
    "chunked, then nothing in another header": coded("chunked\r\nTransfer-Encoding:"),
    "nothing, then chunked in another header": coded("\r\nTransfer-Encoding: chunked"),
    "chunked, then an unknown one": coded("chunked\r\nTransfer-Encoding: cow"),
    "identity then chunked": coded("identity, chunked", LAST),
    "gzip then chunked": coded("gzip, chunked", LAST),
    "chunked then gzip": coded("chunked, gzip", LAST),
    "chunked then identity": coded("chunked, identity"),
    "identity": coded("identity", SMUGGLED),
    "gzip alone": coded("gzip"),
    "empty coding": coded(""),
    "a comma for a coding": coded(","),
    "an empty place before chunked": coded(",chunked"),
    "an empty place after chunked": coded("chunked,"),
    "coding in quotes": coded('"chunked"'),
    "coding in single quotes": coded("'chunked'"),
    "coding in brackets": coded("[chunked]"),
    "coding with a parameter": coded("chunked;q=1"),
    "coding with an empty parameter": coded("chunked;"),
    "coding and a word": coded("chunked x"),
    "two words without a comma": coded("identity chunked"),
    "coding after a vertical tab": coded("\x0bchunked"),
    "coding before a vertical tab": coded("chunked\x0b"),
    "coding after a form feed": coded("\x0cchunked"),
    "coding after a NUL": coded("\0chunked"),
    "coding before a NUL": coded("chunked\0"),
    "coding with a NUL": coded("chun\0ked"),
    "coding after a backspace": coded("x\x08chunked"),
    "coding after a DEL": coded("\x7fchunked"),
    "coding after a no-break space": coded("\xa0chunked"),
    "coding after a next line": coded("\x85chunked"),
    "coding after a line separator": coded("\xe2\x80\xa8chunked"),
    "coding with a kelvin sign": coded("chunked".replace("k", "\xe2\x84\xaa")),
    "coding on a line of its own": coded("\r\n chunked"),
    "coding folded by a tab": coded("\r\n\tchunked"),
    "coding behind a bare LF": coded("\nchunked"),
    "coding behind a bare CR": coded("\rchunked"),
    "coding before a bare CR": coded("chunked\r"),
    "coding in HTTP/1.0": CHUNKED.replace("HTTP/1.1", "HTTP/1.0") + LAST,
    "coding in HTTP/1.0 that stays": CHUNKED.replace("HTTP/1.1", "HTTP/1.0").replace(
        "Transfer", "Connection: keep-alive\r\nTransfer"
    )
    + LAST
    + SMUGGLED,
    # --- names of the framing headers
    "space before the colon of a length": POST + "Content-Length : 5\r\n\r\nhello",
    "tab before the colon of a coding": coded("chunked", name="Transfer-Encoding\t: "),
    "space before the colon of a coding": coded("chunked", name="Transfer-Encoding : "),
    "space before a coding's name": coded("chunked", name=" Transfer-Encoding: "),
    "tab before a coding's name": coded("chunked", name="\tTransfer-Encoding: "),
    "space within a coding's name": coded("chunked", name="Transfer Encoding: "),
    "vertical tab before a colon": coded("chunked", name="Transfer-Encoding\x0b: "),
    "NUL before a colon": coded("chunked", name="Transfer-Encoding\0: "),
    "NUL before a coding's name": coded("chunked", name="\0Transfer-Encoding: "),
    "no-break space before a colon": coded("chunked", name="Transfer-Encoding\xa0: "),
    "byte order mark before a name": coded("chunked", name="\xef\xbb\xbfTransfer-Encoding: "),
    "name beyond ASCII": GET + "Xé: z\r\n\r\n",
    "equals sign for a colon": coded("chunked", name="Transfer-Encoding=", body=SMUGGLED),
    "no colon": coded("chunked", name="Transfer-Encoding ", body=SMUGGLED),
    "name in two lines": coded("chunked", name="Transfer-\r\nEncoding: "),
    "bare CR before a coding's name": coded("chunked", name="X: y\rTransfer-Encoding: "),
    "bare LF before a coding's name": coded("chunked", name="X: y\nTransfer-Encoding: "),
    "LF and CR before a coding's name": coded("chunked", name="X: y\n\rTransfer-Encoding: "),
    "two CRs before a coding's name": coded("chunked", name="X: y\r\r\nTransfer-Encoding: "),
    "bare CR before a length": GET + "X: a\r\rContent-Length: 5\r\n\r\n",
    # --- chunk sizes
    "negative chunk": sized("-1"),
    "chunk size with a plus": sized("+5"),
    "prefixed chunk size": sized("0x5"),
    "chunk size of 2^64": sized("10000000000000000"),
    "chunk size past 64 bits": sized("10000000000000005"),
    "chunk size far past 64 bits": sized("f" * 40),
    "chunk size that is no number": sized("g"),
    "empty chunk size": sized(""),
    "chunk size of an extension": sized(";a=b"),
    "space before a chunk size": sized(" 5"),
    "tab before a chunk size": sized("\t5"),
    "vertical tab after a chunk size": sized("5\x0b"),
    "NUL after a chunk size": sized("5\0"),
    "no-break space after a chunk size": sized("5\xa0"),
    "junk after a chunk size": sized("5 junk"),
    "comma after a chunk size": sized("5,5"),
    "decimal point in a chunk size": sized("5.0"),
    "chunk size in fullwidth digits": sized("\xef\xbc\x95"),
    "chunk size with an underscore": sized("0_5"),
    "last chunk of minus nothing": CHUNKED + "-0\r\n\r\n" + SMUGGLED,
    # --- chunk ends
    "chunk size with a bare LF": CHUNKED + "5\nhello\r\n" + LAST,
    "chunk size with a bare CR": CHUNKED + "5\rhello\r\n" + LAST,
    "chunk size with two CRs": CHUNKED + "5\r\r\nhello\r\n" + LAST,
    "chunk without its end": CHUNKED + "5\r\nhello" + LAST,
    "chunk longer than it says": CHUNKED + "5\r\nhelloX\r\n" + LAST,
    "chunk shorter than it says": CHUNKED + "6\r\nhello\r\n" + LAST + SMUGGLED,
    "chunk ended by a bare LF": CHUNKED + "5\r\nhello\n" + LAST,
    "chunk ended by a bare CR": CHUNKED + "5\r\nhello\r" + LAST,
    "chunk ended by LF and CR": CHUNKED + "5\r\nhello\n\r" + LAST,
    "chunk ended by two CRs": CHUNKED + "5\r\nhello\r\r\n" + LAST,
    "last chunk with a bare LF": CHUNKED + "0\n\r\n" + SMUGGLED,
    "last chunk, two bare LFs": CHUNKED + "0\n\n" + SMUGGLED,
    "last chunk, then a bare LF": CHUNKED + "0\r\n\n" + SMUGGLED,
    "last chunk, then a bare CR": CHUNKED + "0\r\n\rX" + SMUGGLED,
    "last chunk without its line's end": CHUNKED + "0" + SMUGGLED,
    "a request for the trailers": CHUNKED + "0\r\n" + SMUGGLED,
    # --- extensions and trailers
    "extension with a bare CR": sized("5;a\rb"),
    "extension with a bare LF": CHUNKED + "5;a\nhello\r\n" + LAST,
    "extension with a bare LF and a size": CHUNKED + "5;a\n5\r\nhello\r\n" + LAST,
    "extension with a quoted CRLF": CHUNKED + '5;a="\r\nhello\r\n"\r\n' + LAST,
    "extension with a NUL": sized("5;a\0b"),
    "extension of the last chunk with a bare LF": CHUNKED + "0;a\n\r\n" + SMUGGLED,
    "trailer that is no header": CHUNKED + "0\r\nno colon\r\n\r\n",
    "trailer with a space before the colon": CHUNKED + "0\r\nX : y\r\n\r\n",
    "trailer without a name": CHUNKED + "0\r\n: y\r\n\r\n" + SMUGGLED,
    "trailer with a bare LF": CHUNKED + "0\r\nX: y\n\r\n" + SMUGGLED,
    "trailer with a bare CR": CHUNKED + "0\r\nX: y\rZ: z\r\n\r\n" + SMUGGLED,
    "trailer with a NUL": CHUNKED + "0\r\nX: \0\r\n\r\n" + SMUGGLED,
    "trailer with a control character": CHUNKED + "0\r\nX: a\x01b\r\n\r\n" + SMUGGLED,
    "folded trailer": CHUNKED + "0\r\nX: a\r\n b\r\n\r\n" + SMUGGLED,
    "trailers folded from the start": CHUNKED + "0\r\n X: a\r\n\r\n" + SMUGGLED,
    # --- lines and headers
    "request line with a bare LF": GET.replace("\r\n", "\n", 1) + "\r\n",
    "request line with a bare CR": GET.replace("\r\n", "\r", 1) + "\r\n",
    "header with a bare LF": GET + "X: y\nY: z\r\n\r\n",
    "all lines with a bare LF": (GET + "\r\n").replace("\r\n", "\n"),
    "all lines with a bare CR, and one end": (GET + "\r\n").replace("\r\n", "\r") + "\r\n\r\n",
    "head ended by two bare LFs": GET + "X: y\n\n" + SMUGGLED,
    "head ended by CRLF and LF": GET + "\n" + SMUGGLED,
    "head ended by LF CRLF": GET + "X: y\n\r\n" + SMUGGLED,
    "half an empty line first": "\n" + GET + "\r\n",
    "a CR first": "\r" + GET + "\r\n",
    "a space first": " " + GET + "\r\n",
    "a NUL first": "\0" + GET + "\r\n",
    "bare CR in a value": GET + "X: a\rb\r\n\r\n",
    "NUL in a value": GET + "X: a\0b\r\n\r\n",
    "control character in a value": GET + "X: a\x01b\r\n\r\n",
    "DEL in a value": GET + "X: a\x7fb\r\n\r\n",
    "escape in a value": GET + "X: \x1b[2J\r\n\r\n",
    "folded value": GET + "X: a\r\n b\r\n\r\n",
    "folded by a tab": GET + "X: a\r\n\tb\r\n\r\n",
    "folded into a request": GET + "X: a\r\n GET /v1/namespaces?smuggled HTTP/1.1\r\n\r\n",
    "folded first header": f"GET /v1/namespaces HTTP/1.1\r\n X: a\r\n{HOST}{AUTH}\r\n",
    "line of a space": GET + " \r\n\r\n" + SMUGGLED,
    "empty header name": GET + ": x\r\n\r\n",
    "header without a colon": GET + "nonsense\r\n\r\n",
    "space before any colon": GET + "X : y\r\n\r\n",
    "name with a parenthesis": GET + "X(y): z\r\n\r\n",
    "name with a slash": GET + "X/y: z\r\n\r\n",
    "name with a NUL": GET + "X\0: z\r\n\r\n",
    "name with an at sign": GET + "X@y: z\r\n\r\n",
    # --- targets and authorities
    "absolute form": f"GET http://elsewhere.test/v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "absolute form of ourselves": f"GET http://layer.test/v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "absolute form over TLS": f"GET https://layer.test/v1/namespaces HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "authority form": f"CONNECT elsewhere.test:443 HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "authority form of a GET": f"GET elsewhere.test:443 HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "asterisk form": f"OPTIONS * HTTP/1.1\r\n{HOST}{AUTH}\r\n",
    "target without a slash": get("v1/namespaces"),
    "target with user information": get("@elsewhere.test/v1/namespaces"),
    "target of a query": get("?x"),
    "target with a space": get("/v1/name spaces"),
    "target with a tab": get("/v1/name\tspaces"),
    "target with a fragment": get("/v1/namespaces#x"),
    "target with a fragment in the query": get("/v1/namespaces?a#x"),
    "target with a NUL": get("/v1/namespaces\0"),
    "target with a bare CR": get("/v1/namespaces\rX"),
    "target with a vertical tab": get("/v1/namespaces\x0b"),
    "target with a DEL": get("/v1/namespaces\x7f"),
    "target beyond ASCII": get("/v1/namespaces/é/schema"),
    "target in overlong UTF-8": get("/v1/namespaces/\xc0\xaf/schema"),
    "backslashes": get("\\v1\\namespaces"),
    "no host": f"GET /v1/namespaces HTTP/1.1\r\n{AUTH}\r\n",
    "two hosts": f"GET /v1/namespaces HTTP/1.1\r\n{HOST}Host: elsewhere.test\r\n{AUTH}\r\n",
    "the same host twice": f"GET /v1/namespaces HTTP/1.1\r\n{HOST}{HOST}{AUTH}\r\n",
    "two hosts in HTTP/1.0": f"GET /v1/namespaces HTTP/1.0\r\n{HOST}{HOST}{AUTH}\r\n",
    "a list of hosts": f"GET /v1/namespaces HTTP/1.1\r\nHost: a, b\r\n{AUTH}\r\n",
    "host with user information": f"GET /v1/namespaces HTTP/1.1\r\nHost: a@b\r\n{AUTH}\r\n",
    "host with a space": f"GET /v1/namespaces HTTP/1.1\r\nHost: a b\r\n{AUTH}\r\n",
    "host with a path": f"GET /v1/namespaces HTTP/1.1\r\nHost: a/b\r\n{AUTH}\r\n",
    "host with a query": f"GET /v1/namespaces HTTP/1.1\r\nHost: a?b\r\n{AUTH}\r\n",
    "host with two ports": f"GET /v1/namespaces HTTP/1.1\r\nHost: a:1:2\r\n{AUTH}\r\n",
    "host with a port of letters": f"GET /v1/namespaces HTTP/1.1\r\nHost: a:b\r\n{AUTH}\r\n",
    "host with an open bracket": f"GET /v1/namespaces HTTP/1.1\r\nHost: [::1\r\n{AUTH}\r\n",
    "host with a NUL": f"GET /v1/namespaces HTTP/1.1\r\nHost: a\0b\r\n{AUTH}\r\n",
    # --- first lines
    "lower-case method": get("/v1/namespaces", method="get"),
    "unheard-of method": get("/v1/namespaces", method="FROB"),
    "method with a NUL": get("/v1/namespaces", method="GE\0T"),
    "method in quotes": get("/v1/namespaces", method='"GET"'),
    "no version": "GET /v1/namespaces\r\n\r\n",
    "no version, but headers": f"GET /v1/namespaces\r\n{HOST}{AUTH}\r\n",
    "HTTP/0.9 and a request": "GET /v1/namespaces\r\n" + SMUGGLED,
    "HTTP/2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    "version 2.0": get("/v1/namespaces", version="HTTP/2.0"),
    "version 1.9": get("/v1/namespaces", version="HTTP/1.9"),
    "version 1.2": get("/v1/namespaces", version="HTTP/1.2"),
    "version 0.9": get("/v1/namespaces", version="HTTP/0.9"),
    "version 1.01": get("/v1/namespaces", version="HTTP/1.01"),
    "version 01.1": get("/v1/namespaces", version="HTTP/01.1"),
    "version 1": get("/v1/namespaces", version="HTTP/1"),
    "version 1,1": get("/v1/namespaces", version="HTTP/1,1"),
    "version with a typo": get("/v1/namespaces", version="HTP/1.1"),
    "lower-case version": get("/v1/namespaces", version="http/1.1"),
    "another protocol": get("/v1/namespaces", version="RTSP/1.1"),
    "version and a word": get("/v1/namespaces", version="HTTP/1.1 x"),
    "two spaces": GET.replace("GET ", "GET  ") + "\r\n",
    "two spaces before the version": GET.replace(" HTTP/1.1", "  HTTP/1.1") + "\r\n",
    "tab for a space": GET.replace("GET ", "GET\t") + "\r\n",
    "tab before the version": GET.replace(" HTTP/1.1", "\tHTTP/1.1") + "\r\n",
    "space at the end of the line": GET.replace("HTTP/1.1", "HTTP/1.1 ") + "\r\n",
    "no request at all": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 40 + "\n",
    "a response for a request": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}

# The RFC would have it; nobody needs it, and some read it in another way: 400, and the connection ends.
STRICTER = {
    "length in the trailers": CHUNKED + "5\r\nhello\r\n0\r\nContent-Length: 99\r\n\r\n" + SMUGGLED,
    "no length in the trailers": CHUNKED + "5\r\nhello\r\n0\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "length in the trailers, announced": POST
    + f"Trailer: content-length\r\n{CHUNKED_LINE}\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 1\r\n\r\n",
    "coding in the trailers": CHUNKED
    + "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"
    + LAST
    + SMUGGLED,
    "tab behind a length": POST + "Content-Length: 5\t\r\n\r\nhello",
    "tab behind a coding": coded("chunked\t"),
}

# Longer than the gateway reads: the connection ends.
TOO_LONG = {
    "huge header": (431, GET + f"X: {'a' * 200_000}\r\n\r\n"),
    "huge header name": (431, GET + f"{'a' * 200_000}: x\r\n\r\n"),
    "header past the limit": (431, GET + f"X: {'a' * 16384}\r\n\r\n"),
    "many headers": (400, GET + "".join(f"X-{n}: y\r\n" for n in range(2000)) + "\r\n"),
    "one header too many": (400, GET + "".join(f"X-{n}: y\r\n" for n in range(127)) + "\r\n"),
    "huge target": (431, get(f"/v1/namespaces?{'a' * 200_000}")),
    "length past the body's limit": (413, POST + "Content-Length: 18446744073709551615\r\n\r\n" + SMUGGLED),
    "endless extension": (400, sized("5;" + "a" * 200_000)),
    "endless trailers": (400, CHUNKED + "0\r\n" + "X: y\r\n" * 50_000),
}

# Sound, with one meaning only: it is kept, in the gateway's own framing.
SOUND = {
    "plain": (HELLO, [HELLO_SENT]),
    "empty lines first": ("\r\n\r\n" + HELLO, [HELLO_SENT]),
    "no body": (POST + "Content-Length: 0\r\n\r\n", [f"POST {OPAQUE}"]),
    "length with zeros in front": (
        POST + "Content-Length: 0005\r\n\r\nhello",
        [HELLO_SENT],
    ),
    "length in lower case": (
        HELLO.replace("Content-Length", "content-length"),
        [HELLO_SENT],
    ),
    "length in odd case": (
        HELLO.replace("Content-Length", "cOnTeNt-LeNgTh"),
        [HELLO_SENT],
    ),
    "spaces around a length": (POST + "Content-Length:   5  \r\n\r\nhello", [HELLO_SENT]),
    "tab before a coding": (sized("5").replace(" chunked", "\tchunked"), [HELLO_SENT]),
    "tab before a length": (POST + "Content-Length:\t5\r\n\r\nhello", [HELLO_SENT]),
    "length without a space": (POST + "Content-Length:5\r\n\r\nhello", [HELLO_SENT]),
    "chunks of odd sizes": (
        CHUNKED + "1\r\nh\r\n3\r\nell\r\n01\r\no\r\n" + LAST,
        [HELLO_SENT],
    ),
    "upper-case chunk size": (
        CHUNKED + "A\r\n0123456789\r\n" + LAST,
        [f"POST {OPAQUE} 0123456789"],
    ),
    "chunk size with zeros in front": (sized("0000000005"), [HELLO_SENT]),
    "last chunk of many zeros": (CHUNKED + "5\r\nhello\r\n00000\r\n\r\n", [HELLO_SENT]),
    "only the last chunk": (CHUNKED + LAST, [f"POST {OPAQUE}"]),
    "chunk extension": (sized('5;a=b;c="d"'), [HELLO_SENT]),
    "extension without a value": (sized("5;a"), [HELLO_SENT]),
    "extension of the last chunk": (
        CHUNKED + "5\r\nhello\r\n0;a=b\r\n\r\n",
        [HELLO_SENT],
    ),
    "chunk of a request": (
        CHUNKED + f"{len(INNER):x}\r\n{INNER}\r\n" + LAST,
        [f"POST {OPAQUE} {INNER}".strip()],
    ),
    "chunk of a last chunk": (
        CHUNKED + f"5\r\n{LAST}\r\n" + LAST,
        [f"POST {OPAQUE} {LAST}".strip()],
    ),
    "body of a request": (
        POST + f"Content-Length: {len(INNER)}\r\n\r\n{INNER}",
        [f"POST {OPAQUE} {INNER}".strip()],
    ),
    "body of chunks": (
        POST + f"Content-Length: 15\r\n\r\n5\r\nhello\r\n{LAST}",
        [f"POST {OPAQUE} 5\r\nhello\r\n{LAST}".strip()],
    ),
    "trailers are dropped": (CHUNKED + "5\r\nhello\r\n0\r\nX-T: y\r\n\r\n", [HELLO_SENT]),
    "host and key in the trailers": (
        CHUNKED + "5\r\nhello\r\n0\r\nHost: elsewhere.test\r\nAuthorization: Bearer x\r\n\r\n",
        [HELLO_SENT],
    ),
    "end of the connection in the trailers": (
        CHUNKED + "5\r\nhello\r\n0\r\nConnection: close\r\n\r\n" + SMUGGLED,
        [HELLO_SENT, SMUGGLED_SENT],
    ),
    "coding in upper case": (sized("5").replace("chunked", "CHUNKED"), [HELLO_SENT]),
    "name with an underscore": (
        POST + "Content_Length: 99\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        [HELLO_SENT],
    ),
    "name that only begins like one": (
        POST + "Content-Length-: 99\r\nX-Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        [HELLO_SENT],
    ),
    "name with a dot": (
        POST + "Transfer.Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        [HELLO_SENT],
    ),
    "GET with a body": (
        GET + f"Content-Length: {len(INNER)}\r\n\r\n{INNER}",
        [f"GET /v1/namespaces {INNER}".strip()],
    ),
    "GET with chunks": (
        GET + f"{CHUNKED_LINE}\r\n\r\n{len(INNER):x}\r\n{INNER}\r\n{LAST}",
        [f"GET /v1/namespaces {INNER}".strip()],
    ),
    "HEAD with a body": (
        GET.replace("GET", "HEAD") + f"Content-Length: {len(INNER)}\r\n\r\n{INNER}" + SMUGGLED,
        [f"HEAD /v1/namespaces {INNER}".strip(), SMUGGLED_SENT],
    ),
    "DELETE with a body": (
        HELLO.replace("POST", "DELETE").replace("/explain_query", ""),
        ["DELETE /v2/namespaces/h hello"],
    ),
    "a body that nobody asked for": (
        GET.replace("/v1/namespaces", "/health") + f"Content-Length: {len(INNER)}\r\n\r\n{INNER}{SMUGGLED}",
        [200, SMUGGLED_SENT],
    ),
    "chunks that nobody asked for": (
        GET.replace("/v1/namespaces", "/health")
        + f"{CHUNKED_LINE}\r\n\r\n{len(INNER):x}\r\n{INNER}\r\n{LAST}{SMUGGLED}",
        [200, SMUGGLED_SENT],
    ),
    "a body for no route": (
        HELLO.replace(OPAQUE, "/nowhere").replace("hello", "GET /") + SMUGGLED,
        [404, SMUGGLED_SENT],
    ),
    "a body without a key": (
        HELLO.replace(KEY, "x").replace("hello", "GET /") + SMUGGLED,
        [401, SMUGGLED_SENT],
    ),
    # --- connections
    "pipelined": (
        HELLO + SMUGGLED + HELLO,
        [HELLO_SENT, SMUGGLED_SENT, HELLO_SENT],
    ),
    "empty lines between": (
        HELLO + "\r\n\r\n" + SMUGGLED,
        [HELLO_SENT, SMUGGLED_SENT],
    ),
    "unsound behind a sound one": (
        HELLO + "GE T\r\n\r\n" + SMUGGLED,
        [HELLO_SENT, 400, "closed"],
    ),
    "bytes behind a body": (HELLO + "X\r\n\r\n" + SMUGGLED, [HELLO_SENT, 400, "closed"]),
    "chunks behind a body": (HELLO + LAST + SMUGGLED, [HELLO_SENT, 400, "closed"]),
    "closing": (
        GET + "Connection: close\r\n\r\n" + SMUGGLED,
        [GET_SENT, "closed"],
    ),
    "closing, among others": (
        GET + "Connection: x, CLOSE\r\n\r\n" + SMUGGLED,
        [GET_SENT, "closed"],
    ),
    "closing, in the second header": (
        GET + "Connection: keep-alive\r\nConnection: close\r\n\r\n" + SMUGGLED,
        [GET_SENT, "closed"],
    ),
    "version 1.0": (
        HELLO.replace("HTTP/1.1", "HTTP/1.0") + SMUGGLED,
        [HELLO_SENT, "closed"],
    ),
    "version 1.0 that stays": (
        GET.replace("HTTP/1.1", "HTTP/1.0") + "Connection: keep-alive\r\n\r\n" + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "version 1.0 without a host": (
        f"GET /v1/namespaces HTTP/1.0\r\n{AUTH}\r\n",
        [GET_SENT, "closed"],
    ),
    "length nominated": (
        POST + "Connection: content-length\r\nContent-Length: 5\r\n\r\nhello" + SMUGGLED,
        [HELLO_SENT, SMUGGLED_SENT],
    ),
    "coding nominated": (
        POST
        + "Connection: transfer-encoding\r\n"
        + CHUNKED_LINE
        + "\r\n\r\n5\r\nhello\r\n"
        + LAST
        + SMUGGLED,
        [HELLO_SENT, SMUGGLED_SENT],
    ),
    "host and key nominated": (
        GET + "Connection: host, authorization\r\n\r\n",
        [GET_SENT],
    ),
    "agent nominated": (GET + "User-Agent: x\r\nConnection: user-agent\r\n\r\n", [GET_SENT]),
    "connection nominated": (GET + "Connection: connection, close-not\r\n\r\n", [GET_SENT]),
    "content type nominated": (
        POST + "Connection: content-type\r\nContent-Type: x\r\nContent-Length: 5\r\n\r\nhello",
        [HELLO_SENT],
    ),
    "proxy connection": (
        GET + "Proxy-Connection: close\r\n\r\n" + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "keep-alive of nothing": (GET + "Keep-Alive: timeout=0, max=0\r\n\r\n", [GET_SENT]),
    "TE": (GET + "TE: chunked, trailers\r\nConnection: TE\r\n\r\n", [GET_SENT]),
    "trailers announced": (
        POST + "Trailer: x-t\r\n" + CHUNKED_LINE + "\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
        [HELLO_SENT],
    ),
    "upgrade to h2c": (
        GET
        + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
        + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "upgrade that is not nominated": (
        GET + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n" + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "upgrade with a body": (
        POST + "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello" + SMUGGLED,
        [HELLO_SENT, SMUGGLED_SENT],
    ),
    "upgrade to a socket": (
        GET + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "upgrade to TLS": (
        GET + "Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n\r\n" + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "preface behind a request": (
        HELLO + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        [HELLO_SENT, 400, "closed"],
    ),
    # --- expectations
    "body without waiting for 100": (
        POST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" + SMUGGLED,
        [HELLO_SENT, SMUGGLED_SENT],
    ),
    "expectation without a body": (
        GET + "Expect: 100-continue\r\n\r\n" + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "expectation of an empty body": (
        POST + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
        [f"POST {OPAQUE}", SMUGGLED_SENT],
    ),
    "expectation of chunks": (
        POST + "Expect: 100-continue\r\n" + CHUNKED_LINE + "\r\n\r\n5\r\nhello\r\n" + LAST + SMUGGLED,
        [HELLO_SENT, SMUGGLED_SENT],
    ),
    "unknown expectation": (
        POST + "Expect: y 100-continue\r\nContent-Length: 5\r\n\r\nhello" + SMUGGLED,
        [HELLO_SENT, SMUGGLED_SENT],
    ),
    "expectation twice": (
        POST + "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        [HELLO_SENT],
    ),
    "expectation for no route": (
        HELLO.replace(OPAQUE, "/nowhere").replace("Content", "Expect: 100-continue\r\nContent") + SMUGGLED,
        [404, SMUGGLED_SENT],
    ),
    "expectation in HTTP/1.0": (
        HELLO.replace("HTTP/1.1", "HTTP/1.0").replace("Content", "Expect: 100-continue\r\nContent"),
        [HELLO_SENT, "closed"],
    ),
    # --- methods
    "TRACE": (get("/v1/namespaces", method="TRACE") + SMUGGLED, [404, SMUGGLED_SENT]),
    "OPTIONS": (get("/v1/namespaces", method="OPTIONS"), [404]),
    "CONNECT with a path": (
        get("/v1/namespaces", method="CONNECT") + SMUGGLED,
        [404, SMUGGLED_SENT],
    ),
    "CONNECT with a body": (
        HELLO.replace("POST", "CONNECT") + SMUGGLED,
        [404, SMUGGLED_SENT],
    ),
    "WebDAV": (HELLO.replace("POST", "PROPFIND"), [404]),
    "method by a header": (
        POST + "X-HTTP-Method-Override: DELETE\r\nContent-Length: 5\r\n\r\nhello",
        [HELLO_SENT],
    ),
    # --- paths: any is kept as it is, or there is no such route
    "two slashes first": (get("//elsewhere.test/v1/namespaces"), [404]),
    "two slashes within": (get("/v1//namespaces"), [404]),
    "slash at the end": (get("/v1/namespaces/"), [404]),
    "a dot segment": (get("/v1/./namespaces"), [404]),
    "two dots": (get("/v1/namespaces/../namespaces"), [404]),
    "two dots as a namespace": (get("/v1/namespaces/../schema"), [400]),
    "a dot as a namespace": (get("/v1/namespaces/./schema"), [400]),
    "encoded dots as a namespace": (get("/v1/namespaces/%2e%2E/schema"), [400]),
    "half-encoded dots as a namespace": (get("/v1/namespaces/.%2e/schema"), [400]),
    "matrix parameters": (get("/v1/namespaces;x=y"), [404]),
    "matrix parameters of a namespace": (
        get("/v1/namespaces/a;b/schema"),
        ["GET /v1/namespaces/a;b/schema"],
    ),
    "encoded letters of a route": (get("/v1/%6eamespaces"), [404]),
    "encoded query mark": (get("/v1/namespaces%3fa"), [404]),
    "upper-case route": (get("/V1/NAMESPACES"), [404]),
    "query of a URL": (
        get("/v1/namespaces?u=http://elsewhere.test/"),
        ["GET /v1/namespaces?u=http://elsewhere.test/"],
    ),
    "query with slashes and dots": (get("/v1/namespaces?/../x"), ["GET /v1/namespaces?/../x"]),
    "second query mark": (get("/v1/namespaces?a?b"), ["GET /v1/namespaces?a?b"]),
    "empty query": (get("/v1/namespaces?"), ["GET /v1/namespaces?"]),
    "encoded line end in the query": (
        get("/v1/namespaces?a=%0d%0aX:%20y"),
        ["GET /v1/namespaces?a=%0d%0aX:%20y"],
    ),
    # --- hosts
    "host with a port": (f"GET /v1/namespaces HTTP/1.1\r\nHost: a:80\r\n{AUTH}\r\n", [GET_SENT]),
    "host that is an address": (
        f"GET /v1/namespaces HTTP/1.1\r\nHost: [::1]:80\r\n{AUTH}\r\n",
        [GET_SENT],
    ),
    "empty host": (f"GET /v1/namespaces HTTP/1.1\r\nHost:\r\n{AUTH}\r\n", [GET_SENT]),
    "another host by other names": (
        GET + "X-Forwarded-Host: elsewhere.test\r\nX-Host: elsewhere.test\r\nForwarded: host=x\r\n\r\n",
        [GET_SENT],
    ),
    "another path by other names": (
        GET + "X-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\n\r\n",
        [GET_SENT],
    ),
    # --- at the limits
    "as many headers as can be": (
        GET + "".join(f"X-{n}: y\r\n" for n in range(90)) + "\r\n" + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "long value": (
        GET + f"X: {'a' * 4000}\r\n\r\n" + SMUGGLED,
        [GET_SENT, SMUGGLED_SENT],
    ),
    "value beyond ASCII": (GET + "X: \xe9\xff\r\n\r\n", [GET_SENT]),
    "empty value": (GET + "X:\r\nY: \r\n\r\n", [GET_SENT]),
    "value of colons": (GET + "X: :a: b:\r\n\r\n", [GET_SENT]),
    "body past a buffer": (
        POST + f"Content-Length: 100000\r\n\r\n{'b' * 100_000}{SMUGGLED}",
        [f"POST {OPAQUE} " + "b" * 100_000, SMUGGLED_SENT],
    ),
    "chunks past a buffer": (
        CHUNKED + f"186a0;x\r\n{'b' * 100_000}\r\n" + LAST + SMUGGLED,
        [f"POST {OPAQUE} " + "b" * 100_000, SMUGGLED_SENT],
    ),
    # --- cut off: never a request
    "half a head": (GET, []),
    "half a body": (POST + "Content-Length: 99\r\n\r\n" + INNER, []),
    "half a chunk": (CHUNKED + "ff\r\n" + INNER, []),
    "half a chunk of 2^64 - 1": (sized("fffffffffffffff", "hello"), []),
    "no last chunk": (CHUNKED + "5\r\nhello\r\n", []),
    "half a last chunk": (CHUNKED + "5\r\nhello\r\n0\r\n", []),
    "half the trailers": (CHUNKED + "5\r\nhello\r\n0\r\nX: y\r\n", []),
    "half a body behind a whole one": (
        HELLO + POST + "Content-Length: 9\r\n\r\nhell",
        [HELLO_SENT],
    ),
}

REQUESTS = (
    {name: (raw, [400, "closed"]) for name, raw in (UNSOUND | STRICTER).items()}
    | {name: (raw, [status, "closed"]) for name, (status, raw) in TOO_LONG.items()}
    | SOUND
)
assert len(REQUESTS) == len(UNSOUND) + len(STRICTER) + len(TOO_LONG) + len(SOUND), "a name stands twice"


def bytes_of(name):
    return REQUESTS[name][0].encode("latin-1")
