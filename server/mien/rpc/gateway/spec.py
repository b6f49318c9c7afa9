"""The gateway in OpenAPI's words: `openapi.json`, with the wire's messages and the version filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor

import mien
from mien.wire.v1 import animate_pb2, bake_pb2, common_pb2, lists_pb2

Schema = dict[str, Any]

MESSAGES: Final[tuple[Any, ...]] = (
    animate_pb2.AnimateRequest,
    animate_pb2.AnimateResponse,
    bake_pb2.BakeResponse,
    common_pb2.Error,
    lists_pb2.ListCharactersResponse,
    lists_pb2.ListEmotionsResponse,
    lists_pb2.ListModelsResponse,
    lists_pb2.ListRigsResponse,
    lists_pb2.Rig,
)
"""What routes take and give; what is inside these comes with them."""

KINDS: Final = {
    FieldDescriptor.CPPTYPE_BOOL: "boolean",
    FieldDescriptor.CPPTYPE_DOUBLE: "number",
    FieldDescriptor.CPPTYPE_FLOAT: "number",
    FieldDescriptor.CPPTYPE_UINT32: "integer",
    FieldDescriptor.CPPTYPE_UINT64: "integer",
    FieldDescriptor.CPPTYPE_STRING: "string",
}
"""JSON's types for those of protobuf that the wire has."""


@cache
def openapi() -> Schema:
    """The description; shared, so not to be changed."""
    spec: Schema = json.loads(files("mien.rpc.gateway").joinpath("openapi.json").read_bytes())
    spec["info"]["version"] = mien.__version__
    schemas = spec["components"]["schemas"]
    waiting = [message.DESCRIPTOR for message in MESSAGES]
    while waiting:
        message = waiting.pop()
        schemas[message.name] = schema_of(message)
        waiting += (inner for inner in _inner(message) if inner.name not in schemas)
    return spec


def _inner(message: Descriptor) -> Iterator[Descriptor]:
    for field in message.fields:
        if field.message_type and not _is_map(field):
            yield field.message_type


def schema_of(message: Descriptor) -> Schema:
    """`message` as the JSON that `to_json` writes."""
    schema: Schema = {"type": "object", "properties": {field.name: _field(field) for field in message.fields}}
    choices = [oneof for oneof in message.oneofs if len(oneof.fields) > 1]
    for oneof in choices:
        schema["description"] = f"One of {', '.join(field.name for field in oneof.fields)}."
    return schema


def _field(field: FieldDescriptor) -> Schema:
    if field.message_type and _is_map(field):
        return {"type": "object", "additionalProperties": _one(field.message_type.fields_by_name["value"])}
    return {"type": "array", "items": _one(field)} if field.is_repeated else _one(field)


def _one(field: FieldDescriptor) -> Schema:
    if field.message_type:
        return {"$ref": f"#/components/schemas/{field.message_type.name}"}
    if field.enum_type:
        return {"type": "string", "enum": [value.name for value in field.enum_type.values]}
    if field.type == FieldDescriptor.TYPE_BYTES:
        return {"type": "string", "contentEncoding": "base64"}
    return {"type": KINDS[field.cpp_type]}


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)
