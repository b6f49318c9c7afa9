"""What a new version of the wire would break for clients that were built with the stored one.

A descriptor set becomes a table: every package, message, field, enum, value, service and method by its full
name, with the facts that clients rely on. What the old table says has to stand in the new one. What only the
new one says is an addition, which old clients skip. Files and comments are no facts.
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

Facts = dict[str, str | int]
Table = dict[str, Facts]
Rows = Iterator[tuple[str, Facts]]

LABELS = {
    FieldDescriptorProto.LABEL_OPTIONAL: "none",
    FieldDescriptorProto.LABEL_REQUIRED: "required",
    FieldDescriptorProto.LABEL_REPEATED: "repeated",
}


def breaks(old: FileDescriptorSet, new: FileDescriptorSet) -> list[str]:
    """One sentence for each thing that clients of `old` know and that `new` lacks or means otherwise.

    What lies inside something that is gone is not mentioned. A field that is gone is a break even when its
    number and name are `reserved`, because clients in the field go on sending it.
    """
    before, after = _table(old), _table(new)
    found = []
    for name, facts in before.items():
        if name in after:
            found += _changes(name, facts, after[name])
        elif facts["kind"] == "package" or _parent(name) in after:
            found.append(_gone(name, facts, after))
    return found


def _changes(name: str, old: Facts, new: Facts) -> list[str]:
    if old["kind"] != new["kind"]:
        return [f"{name}: its kind was {old['kind']} and is {new['kind']}."]
    return [
        f"{name}: its {fact} was {was} and is {new[fact]}." for fact, was in old.items() if new[fact] != was
    ]


def _gone(name: str, facts: Facts, after: Table) -> str:
    """Says so, and who has the number now: a field was renamed, or worse, its number means something else."""
    gone = f"{name}: the {facts['kind']} is gone"
    for other, theirs in after.items():
        same_place = theirs["kind"] == facts["kind"] and _parent(other) == _parent(name)
        if same_place and "number" in facts and theirs["number"] == facts["number"]:
            return f"{gone}; its number {facts['number']} is now {other.rpartition('.')[2]}."
    return f"{gone}."


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


# The table


def _table(files: FileDescriptorSet) -> Table:
    return {name: facts for file in files.file for name, facts in _file_rows(file)}


def _file_rows(file: FileDescriptorProto) -> Rows:
    syntax = file.syntax or "proto2"
    yield file.package, {"kind": "package"}
    for message in file.message_type:
        yield from _message_rows(f"{file.package}.{message.name}", message, syntax)
    for enum in file.enum_type:
        yield from _enum_rows(f"{file.package}.{enum.name}", enum, syntax)
    for service in file.service:
        yield from _service_rows(f"{file.package}.{service.name}", service)


def _message_rows(name: str, message: DescriptorProto, syntax: str) -> Rows:
    yield name, {"kind": "message", "syntax": syntax, "map entry": message.options.map_entry}
    for field in message.field:
        yield f"{name}.{field.name}", _field_facts(field, message)
    for inner in message.nested_type:
        yield from _message_rows(f"{name}.{inner.name}", inner, syntax)
    for enum in message.enum_type:
        yield from _enum_rows(f"{name}.{enum.name}", enum, syntax)


def _field_facts(field: FieldDescriptorProto, message: DescriptorProto) -> Facts:
    return {
        "kind": "field",
        "number": field.number,
        "type": _type(field),
        "label": _label(field, message),
        "JSON name": field.json_name,
    }


def _type(field: FieldDescriptorProto) -> str:
    """`double`, or `message mien.wire.v1.Settings`."""
    kind = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    return f"{kind} {field.type_name.lstrip('.')}".strip()


def _label(field: FieldDescriptorProto, message: DescriptorProto) -> str:
    """How often a field may come, and whether its absence is told from its zero."""
    if field.proto3_optional:
        return "optional"
    if field.HasField("oneof_index"):
        return f"oneof {message.oneof_decl[field.oneof_index].name}"
    return LABELS[field.label]


def _enum_rows(name: str, enum: EnumDescriptorProto, syntax: str) -> Rows:
    yield name, {"kind": "enum", "syntax": syntax}
    for value in enum.value:
        yield f"{name}.{value.name}", {"kind": "value", "number": value.number}


def _service_rows(name: str, service: ServiceDescriptorProto) -> Rows:
    yield name, {"kind": "service"}
    for method in service.method:
        yield f"{name}.{method.name}", _method_facts(method)


def _method_facts(method: MethodDescriptorProto) -> Facts:
    return {
        "kind": "method",
        "request": _streamed(method.input_type, method.client_streaming),
        "answer": _streamed(method.output_type, method.server_streaming),
    }


def _streamed(type_name: str, streaming: bool) -> str:
    return f"{'a stream of' if streaming else 'one'} {type_name.lstrip('.')}"
