"""Decodes request bodies with the official SDK's own schema: a line of JSON in, a line of JSON out, for the recorder.

In: {"type", "encoding", "data"} (base64). Out: {"body", "plain"}: the body as data, and the bytes without compression
where there was any. Integers that a double cannot hold become strings, as protobuf's own JSON has them.
"""

import base64
import json
import sys

import numpy as np
import zstandard
from google.protobuf.json_format import MessageToDict
from google.protobuf.unknown_fields import UnknownFieldSet
from tinker.proto import tinker_public_pb2

DTYPES = {"DTYPE_FLOAT32": np.float32, "DTYPE_INT64": np.int64, "DTYPE_INT32": np.int32}


def exact(value):
    if isinstance(value, dict):
        return {key: exact(member) for key, member in value.items()}
    if isinstance(value, list):
        return [exact(member) for member in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    return value


def readable(value):
    """Packed numbers as lists of numbers, so that a difference can be read."""
    if isinstance(value, list):
        return [readable(member) for member in value]
    if not isinstance(value, dict):
        return value
    out = {key: readable(member) for key, member in value.items()}
    dtype = DTYPES.get(value.get("dtype"))
    if dtype is not None and "dense" in value:
        out["dense"] = np.frombuffer(base64.b64decode(value["dense"]), dtype).tolist()
    return out


def unknown(message, at=""):
    found = [f"{at}#{field.field_number}" for field in UnknownFieldSet(message)]
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        values = [value]
        if hasattr(value, "values"):
            values = value.values()
        elif not hasattr(value, "ListFields"):
            values = value
        for member in values:
            if hasattr(member, "ListFields"):
                found += unknown(member, f"{at}{field.name}.")
    return found


def protobuf(data):
    message = tinker_public_pb2.ForwardBackwardRequest()
    message.ParseFromString(data)
    body = readable(MessageToDict(message, preserving_proto_field_name=True))
    strangers = unknown(message)
    return {**body, "unknown fields": strangers} if strangers else body


for line in sys.stdin:
    asked = json.loads(line)
    data = base64.b64decode(asked["data"])
    answer = {}
    try:
        if asked["encoding"] == "zstd":
            data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
            answer["plain"] = base64.b64encode(data).decode()
        if "protobuf" in asked["type"]:
            answer["body"] = protobuf(data)
        elif data:
            answer["body"] = exact(json.loads(data))
    except Exception as error:  # noqa: BLE001
        answer["body"] = {"unreadable": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
