"""Attribute types: how a JSON value is read, and the form in which it is given back.

The stored forms compare with Python's own operators as the contract wants: strings by code point (which is
UTF-8 byte order), datetimes as milliseconds, uuids as their canonical text, vectors as tuples of floats.
"""

import base64
import ctypes
import datetime
import functools
import struct
import uuid

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MILLISECOND = datetime.timedelta(milliseconds=1)


def f32(number):
    """The nearest f32; infinity past the largest."""
    return ctypes.c_float(number).value


@functools.lru_cache(maxsize=1 << 16)
def f32_text_value(number):
    """The double that a reader gets from the shortest decimal that still round-trips through f32."""
    for digits in range(1, 10):
        candidate = float(f"{number:.{digits}g}")
        if f32(candidate) == number:
            return candidate
    raise AssertionError(number)


def f16(number):
    """The f16 nearest to the number's f32."""
    return struct.unpack("<e", struct.pack("<e", f32(number)))[0]


def read_sparse(value):
    return {name: f16(weight) for name, weight in sorted(value.items())}


def is_vector(type_name):
    return type_name.endswith(("]f32", "]f16"))


def is_array(type_name):
    return type_name.startswith("[]") and not is_vector(type_name)


def element_type(type_name):
    return type_name[2:] if is_array(type_name) else type_name


def vector_dims(type_name):
    return int(type_name[1 : type_name.index("]")])


def infer_type(name, value):
    """The type of an attribute that no schema declares."""
    if name == "vector":
        count = len(base64.b64decode(value)) // 4 if isinstance(value, str) else len(value)
        return f"[{count}]f32"
    if isinstance(value, list):
        return "[]" + infer_type("", value[0])
    if name == "id" and isinstance(value, int):
        return "uint"
    return {str: "string", bool: "bool", int: "int"}[type(value)]


def read_vector(value):
    if isinstance(value, str):
        raw = base64.b64decode(value, validate=True)
        value = struct.unpack(f"<{len(raw) // 4}f", raw)
    return tuple(f32(component) for component in value)


def read_datetime(text):
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return (moment - EPOCH) // MILLISECOND


SPARSE = "{}f16"
READERS = {
    SPARSE: read_sparse,
    "string": str,
    "int": int,
    "uint": int,
    "float": float,
    "bool": bool,
    "uuid": lambda text: str(uuid.UUID(text)),
    "datetime": read_datetime,
}


def read(type_name, value):
    if is_vector(type_name):
        components = read_vector(value)
        return tuple(map(f16, components)) if type_name.endswith("f16") else components
    if is_array(type_name):
        return [READERS[type_name[2:]](item) for item in value]
    return READERS[type_name](value)


def show_datetime(milliseconds):
    moment = EPOCH + milliseconds * MILLISECOND
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds % 1000:03}000000Z"


def show(type_name, stored):
    """The JSON value of an answer, numbers as a JSON parser reads them."""
    if is_vector(type_name):
        return [f32_text_value(component) for component in stored]
    if type_name == SPARSE:
        return {name: f32_text_value(weight) for name, weight in stored.items()}
    if element_type(type_name) != "datetime":
        return stored
    return [show_datetime(item) for item in stored] if is_array(type_name) else show_datetime(stored)
