from mien.wire.v1 import animate_pb2 as _animate_pb2
from mien.wire.v1 import bake_pb2 as _bake_pb2
from mien.wire.v1 import lists_pb2 as _lists_pb2
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor
