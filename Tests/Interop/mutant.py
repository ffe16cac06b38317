"""mutant.py: servers that are wrong in one way each, to see whether a test notices.

    python3 mutant.py PORT MISTAKE       a proxy in front of the server at that port; prints its own port

A proof that has never failed proves nothing. So the differential test is run against a real etcd behind this
proxy, which passes everything on as it is but for one mistake: the kind that a person makes who writes a server.
The docstring of each function completes the sentence "a server that ...". It sees each request before it is
passed on (there is no reply yet) and each reply after.
"""
import queue
import sys
import threading
from concurrent import futures

import grpc
from google.protobuf.message import DecodeError

from api import METHODS, pb
from servers import GRPC_OPTIONS


def forgets_previous_value(method, request, reply):
    """forgets the previous value when a put replaces a lone version"""
    if method == "Put" and reply and reply.HasField("prev_kv") and reply.prev_kv.version == 1:
        reply.ClearField("prev_kv")


def counts_a_transaction_twice(method, request, reply):
    """is one revision ahead in what it says of a put inside a transaction"""
    if reply and method == "Txn":
        for response in reply.responses:
            if response.WhichOneof("response") == "response_put":
                response.response_put.header.revision += 1


def sorts_values_by_length(method, request, reply):
    """sorts values by length first"""
    if reply and method == "Range" and request.sort_target == 4 and request.sort_order == 2:
        reply.kvs.sort(key=lambda kv: (len(kv.value), kv.value), reverse=True)


def ignores_the_filter_of_revisions(method, request, reply):
    """counts only what is left after the filters"""
    if reply and method == "Range" and request.max_mod_revision and not request.count_only and not request.limit:
        reply.count = len(reply.kvs)


def loses_every_tenth_event(method, request, reply):
    """loses one event in ten"""
    if reply and method == "Watch" and reply.events:
        loses_every_tenth_event.seen += 1
        if loses_every_tenth_event.seen % 10 == 0:
            del reply.events[0]


loses_every_tenth_event.seen = 0


def truncates_long_values(method, request, reply):
    """stores long values without their last byte"""
    if method == "Put" and reply is None and len(request.value) > 100:
        request.value = request.value[:-1]


def hashes_something_else(method, request, reply):
    """answers another hash of its file than it has"""
    if reply and method == "Hash":
        reply.hash ^= 1


#: The whole file is looked at in the end only.
hashes_something_else.steps = 50


def nothing(method, request, reply):
    """makes no mistake"""


MISTAKES = {
    "nothing": nothing,
    "prev_kv": forgets_previous_value,
    "revision": counts_a_transaction_twice,
    "sort": sorts_values_by_length,
    "count": ignores_the_filter_of_revisions,
    "event": loses_every_tenth_event,
    "hash": hashes_something_else,
    "value": truncates_long_values,
}
BY_PATH = {method.path: method for method in METHODS.values()}


class Proxy(grpc.GenericRpcHandler):
    """Passes every call on as bytes; decodes only what the mistake needs."""

    def __init__(self, port, mistake):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}", GRPC_OPTIONS)
        self.name = mistake
        self.spoil = MISTAKES[mistake]

    def service(self, details):
        method = BY_PATH.get(details.method)
        if method and any(method.streams):
            return grpc.stream_stream_rpc_method_handler(lambda requests, context: self.stream(method, requests, context))
        return grpc.unary_unary_rpc_method_handler(lambda request, context: self.unary(details.method, method, request, context))

    def spoiled(self, method, request, raw):
        if not method:
            return raw
        reply = method.response.FromString(raw)
        self.spoil(method.name, request, reply)
        return reply.SerializeToString()

    def unary(self, path, method, raw, context):
        request = None
        if method:
            try:
                request, before = (method.request.FromString(raw) for _ in range(2))
            except DecodeError:
                method = None  # No message: the server shall say so.
        if method:
            self.spoil(method.name, request, None)
            if request != before:
                raw = request.SerializeToString()
        metadata = [(key, value) for key, value in context.invocation_metadata() if key in ("hasleader", "token")]
        try:
            reply = self.channel.unary_unary(path)(raw, metadata=metadata)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
        return self.spoiled(method, request, reply)

    def stream(self, method, requests, context):
        # The other side's requests are passed on by a thread of their own, so that neither direction waits for the other.
        outgoing = queue.SimpleQueue()
        call = self.channel.stream_stream(method.path)(iter(outgoing.get, None))
        context.add_callback(call.cancel)

        def forward():
            try:
                for request in requests:
                    outgoing.put(request)
            except grpc.RpcError:
                pass
            outgoing.put(None)
        threading.Thread(target=forward, daemon=True).start()
        try:
            for raw in call:
                yield self.spoiled(method, None, raw)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32), options=GRPC_OPTIONS)
    server.add_generic_rpc_handlers([Proxy(int(sys.argv[1]), sys.argv[2])])
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
