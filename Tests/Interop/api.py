"""api.py: the messages of etcd's API in Python, without any Swift of ours in between.

protoc reads our .proto files and Google's own library encodes and decodes. So an error in our encoding cannot
hide itself by being made on both sides. A call sends and returns bytes; a test decodes them when it wants to.

    from api import pb, METHODS
    request = pb.RangeRequest(key=b"a", limit=3)
    reply = pb.RangeResponse.FromString(channel.unary_unary(METHODS["Range"].path)(request.SerializeToString()))
"""
import os
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from servers import CHECKOUT

_folders = [os.path.join(CHECKOUT, "Sources/Wire", part, "Protos") for part in ("EtcdAPI", "Protobuf")]
_files = sorted(name for name in os.listdir(_folders[0]) if name.endswith(".proto"))
_set = descriptor_pb2.FileDescriptorSet.FromString(subprocess.run(
    ["protoc", "--include_imports", "--descriptor_set_out=/dev/stdout"] + ["-I" + folder for folder in _folders] + _files,
    cwd=_folders[0], stdout=subprocess.PIPE, check=True).stdout)
_pool = descriptor_pool.DescriptorPool()
for _file in _set.file:
    _pool.Add(_file)


class Messages:
    """`pb.RangeRequest` is the class of that message, in whichever package it is."""

    def __getattr__(self, name):
        for package in ("etcdserverpb", "mvccpb", "authpb", "membershippb"):
            try:
                found = message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{package}.{name}"))
            except KeyError:
                continue
            setattr(self, name, found)
            return found
        raise AttributeError(name)


pb = Messages()


class Method:
    """One method: where it is called, and what goes in and comes out."""

    def __init__(self, service, descriptor):
        self.name = descriptor.name
        self.path = f"/{service.full_name}/{descriptor.name}"
        self.request = message_factory.GetMessageClass(descriptor.input_type)
        self.response = message_factory.GetMessageClass(descriptor.output_type)
        self.streams = (descriptor.client_streaming, descriptor.server_streaming)


METHODS = {}
for _name in ("KV", "Watch", "Lease", "Cluster", "Maintenance", "Auth"):
    _service = _pool.FindServiceByName(f"etcdserverpb.{_name}")
    for _method in _service.methods:
        METHODS[_method.name] = Method(_service, _method)
ENUMS = _pool.FindEnumTypeByName


def prefix_end(key):
    """The first key that is not under this prefix; 00, which means no end, if there is none."""
    key = bytearray(key)
    while key and key[-1] == 0xFF:
        key.pop()
    if not key:
        return b"\0"
    key[-1] += 1
    return bytes(key)


def shorten(message):
    """Long values of a message become their beginning and their length."""
    for field, value in message.ListFields():
        if field.message_type:
            for part in value if field.is_repeated else [value]:
                shorten(part)
        elif field.type == field.TYPE_BYTES and not field.is_repeated and len(value) > 80:
            setattr(message, field.name, value[:16] + b"... %d bytes" % len(value))


def show(message, width=2000):
    """A message on one line, long values shortened."""
    from google.protobuf import text_format
    short = type(message)()
    short.CopyFrom(message)
    shorten(short)
    text = text_format.MessageToString(short, as_one_line=True)
    return text if len(text) <= width else f"{text[:width]}... ({len(text)} characters)"
