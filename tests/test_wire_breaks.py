"""Nothing that clients of the wire know may be taken away or changed; additions pass."""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from tests.wire_things import PROTO, STORED, Thing, fresh, named, things

sys.path.append(str(PROTO))  # scripts, and no package

from breaks import breaks


def changed(name: str, change: Callable[[Thing], object]) -> list[str]:
    """What breaks when the thing called `name` is changed so."""
    new = fresh()
    change(next(thing for thing in things(new) if thing.name == name))
    return breaks(STORED, new)


def removed(thing: Thing) -> None:
    thing.among.remove(thing.descriptor)


def reserved(thing: Thing) -> None:
    thing.holder.reserved_range.add(start=thing.descriptor.number, end=thing.descriptor.number + 1)
    thing.holder.reserved_name.append(thing.descriptor.name)
    removed(thing)


def renamed(thing: Thing) -> None:
    thing.descriptor.name = "other"


def renumbered(thing: Thing) -> None:
    thing.descriptor.number += 1000


def retyped(thing: Thing) -> None:
    field = thing.descriptor
    field.type = field.TYPE_DOUBLE if field.type == field.TYPE_FLOAT else field.TYPE_FLOAT


def relabelled(thing: Thing) -> None:
    field = thing.descriptor
    many = field.label == field.LABEL_REPEATED
    field.label = field.LABEL_OPTIONAL if many else field.LABEL_REPEATED
    field.ClearField("oneof_index")
    field.proto3_optional = False


def told_from_zero(thing: Thing) -> None:
    """Its absence is no longer told from its zero; or it is, and was not."""
    thing.descriptor.proto3_optional = not thing.descriptor.HasField("oneof_index")
    thing.descriptor.ClearField("oneof_index")


def moved_into_another_oneof(thing: Thing) -> None:
    thing.descriptor.proto3_optional = False
    thing.descriptor.oneof_index = len(thing.holder.oneof_decl)
    thing.holder.oneof_decl.add(name="other")


def renamed_in_json(thing: Thing) -> None:
    thing.descriptor.json_name = "other"


def streamed_up(thing: Thing) -> None:
    thing.descriptor.client_streaming = not thing.descriptor.client_streaming


def streamed_down(thing: Thing) -> None:
    thing.descriptor.server_streaming = not thing.descriptor.server_streaming


def asked_with_another_message(thing: Thing) -> None:
    thing.descriptor.input_type = ".mien.wire.v1.Curve"


def answered_with_another_message(thing: Thing) -> None:
    thing.descriptor.output_type = ".mien.wire.v1.Curve"


def mapping_no_more(thing: Thing) -> None:
    thing.descriptor.options.map_entry = False


MISTAKES: dict[type[Message], list[Callable[[Thing], None]]] = {
    FieldDescriptorProto: [
        *(removed, reserved, renamed, renumbered, retyped, relabelled, told_from_zero),
        *(moved_into_another_oneof, renamed_in_json),
    ],
    EnumValueDescriptorProto: [removed, renamed, renumbered],
    MethodDescriptorProto: [
        *(removed, renamed, streamed_up, streamed_down),
        *(asked_with_another_message, answered_with_another_message),
    ],
    DescriptorProto: [removed, renamed],
    EnumDescriptorProto: [removed, renamed],
    ServiceDescriptorProto: [removed, renamed],
}


def test_a_wire_does_not_break_itself() -> None:
    assert breaks(STORED, fresh()) == []


@pytest.mark.parametrize(
    ("kind", "mistake"), [(kind, mistake) for kind, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_nothing_that_clients_know_can_be(kind: type[Message], mistake: Callable[[Thing], None]) -> None:
    for name in named(kind):
        assert [said.partition(":")[0] for said in changed(name, mistake)] == [name]


FILES = pytest.mark.parametrize("file", STORED.file, ids=lambda file: file.name)


@FILES
def test_no_file_may_move_to_another_package(file: FileDescriptorProto) -> None:
    new = fresh()
    next(other for other in new.file if other == file).package = "mien.wire.v2"
    outermost = {thing.name for thing in things(STORED) if thing.holder == file}
    assert {said.partition(":")[0] for said in breaks(STORED, new)} == outermost


@FILES
def test_no_file_may_change_its_syntax(file: FileDescriptorProto) -> None:
    new = fresh()
    next(other for other in new.file if other == file).syntax = "proto2"
    kinds = DescriptorProto | EnumDescriptorProto
    inside = [t.name for t in things(FileDescriptorSet(file=[file])) if isinstance(t.descriptor, kinds)]
    assert set(breaks(STORED, new)) == {f"{name}: its syntax was proto3 and is proto2." for name in inside}


def test_a_package_that_is_gone_is_one_sentence() -> None:
    new = fresh()
    for file in new.file:
        file.package = "mien.wire.v2"
    assert breaks(STORED, new) == ["mien.wire.v1: the package is gone."]


@pytest.mark.parametrize(
    ("name", "mistake", "sentence"),
    [
        ("Model.ScoresEntry", mapping_no_more, "its map entry was True and is False."),
        ("Settings.tail", retyped, "its type was double and is float."),
        ("Settings.tail", told_from_zero, "its label was optional and is none."),
        ("Settings.layers", relabelled, "its label was repeated and is none."),
        ("Settings.model", renamed, "the field is gone; its number 2 is now other."),
        ("AnimateRequest.end", told_from_zero, "its label was oneof message and is none."),
        ("Encoding.ENCODING_U8", renumbered, "its number was 6 and is 1006."),
        (
            "Mien.GetRig",
            answered_with_another_message,
            "its answer was one mien.wire.v1.Rig and is one mien.wire.v1.Curve.",
        ),
    ],
)
def test_a_sentence_says_what_was_and_what_is(
    name: str, mistake: Callable[[Thing], None], sentence: str
) -> None:
    assert changed(f"mien.wire.v1.{name}", mistake) == [f"mien.wire.v1.{name}: {sentence}"]


def test_an_enum_may_not_become_a_message() -> None:
    def become(thing: Thing) -> None:
        removed(thing)
        thing.holder.message_type.add(name="Track")

    assert changed("mien.wire.v1.Track", become)[0] == "mien.wire.v1.Track: its kind was enum and is message."


def add(new: FileDescriptorSet, random: Random, number: int) -> None:
    """Something that no client knows yet, somewhere."""
    name, number = f"new{number}", 2000 + number
    everything = [thing.descriptor for thing in things(new)]
    match random.choice([it for it in everything if not isinstance(it, FieldDescriptorProto)]):
        case DescriptorProto() as message:
            member = {"oneof_index": 0} if message.oneof_decl else {}
            message.field.add(name=name, number=number, type=FieldDescriptorProto.TYPE_BOOL, **member)
            message.nested_type.add(name=f"{name}_inner")
        case EnumDescriptorProto() as enum:
            enum.value.add(name=name, number=number)
        case ServiceDescriptorProto() as service:
            service.method.add(name=name)
        case _:
            file = new.file.add(name=f"{name}.proto", package="mien.wire.v1")
            file.message_type.add(name=name)


@given(random=st.randoms(use_true_random=False), additions=st.integers(1, 8))
def test_additions_pass_and_hide_no_break(random: Random, additions: int) -> None:
    new = fresh()
    for number in range(additions):
        add(new, random, number)
    assert breaks(STORED, new) == []
    name = random.choice(named(FieldDescriptorProto))
    removed(next(thing for thing in things(new) if thing.name == name))
    assert breaks(STORED, new) == [f"{name}: the field is gone."]


def test_the_order_of_things_and_the_file_they_stand_in_are_no_facts() -> None:
    new = fresh()
    for file in new.file[1:]:
        new.file[0].message_type.extend(reversed(file.message_type))
        file.ClearField("message_type")
    assert breaks(STORED, new) == []
