"""calls.py: gRPC's own client for Python against our server: calls of all four kinds.

    python3 calls.py HOST:PORT [CA-FILE]

Messages are plain bytes here; what is tested is everything around them.
"""
import sys
import threading
import time

import grpc

address = sys.argv[1]
failed = False


def check(name, condition, got=""):
    global failed
    print(("ok    " if condition else "WRONG ") + "grpcio: " + name + ("" if condition else f" {got!r}"))
    failed = failed or not condition


def make(options=(), compression=None):
    if len(sys.argv) > 2:
        credentials = grpc.ssl_channel_credentials(open(sys.argv[2], "rb").read())
        return grpc.secure_channel(address, credentials, options=options, compression=compression)
    return grpc.insecure_channel(address, options=options, compression=compression)


def error_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    return None


channel = make([("grpc.max_receive_message_length", -1)])
unary = channel.unary_unary("/test.Test/Unary")
fail = channel.unary_unary("/test.Test/Fail")
feed = channel.unary_stream("/test.Test/ServerStream")
gather = channel.stream_unary("/test.Test/ClientStream")
talk = channel.stream_stream("/test.Test/Bidi")
sleep = channel.stream_stream("/test.Test/Sleep")

check("unary", unary(b"hello") == b"hello")
check("an empty message", unary(b"") == b"")
for size in (16384, 65535, 65536, 1000000, 4194304):
    check(f"a message of {size} bytes", unary(b"x" * size) == b"x" * size)
answer, call = unary.with_call(b"m", metadata=(("echo", "there"), ("data-bin", bytes(range(256)))))
trailers = dict(call.trailing_metadata())
check("metadata, also binary", trailers.get("echo") == "there" and trailers.get("data-bin") == bytes(range(256)), trailers)
zipped = make(compression=grpc.Compression.Gzip)
check("gzip both ways", zipped.unary_unary("/test.Test/Unary")(b"z" * 100000) == b"z" * 100000)

for code in grpc.StatusCode:
    if code is grpc.StatusCode.OK:
        continue
    error = error_of(lambda: fail(f"{code.value[0]} an error: 100% ä".encode()))
    check(f"status {code.value[1]}", error and error.code() is code and error.details() == "an error: 100% ä", error)

error = error_of(lambda: channel.unary_unary("/test.Test/Missing")(b""))
check("an unknown method", error.code() is grpc.StatusCode.UNIMPLEMENTED
      and error.details() == "unknown method Missing for service test.Test", error)
error = error_of(lambda: unary(b"x" * 4194305))
check("a message that is too large", error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
      and error.details() == "grpc: received message larger than max (4194305 vs. 4194304)", error)

check("server stream", [len(m) for m in feed(b"1000 100")] == [100] * 1000)
check("a server stream of 50 MB", sum(len(m) for m in feed(b"50 1000000")) == 50000000)
check("client stream", gather(iter([b"x" * 10] * 1000)) == b"1000 10000")
check("bidirectional", list(talk(iter([bytes([i]) for i in range(200)]))) == [bytes([i]) for i in range(200)])

gate = threading.Semaphore(0)


def ping_pong():
    for number in range(20):
        yield b"%d" % number
        gate.acquire()


heard = []
for message in talk(ping_pong()):
    heard.append(message)
    gate.release()
check("to and fro", heard == [b"%d" % i for i in range(20)])

begin = time.time()
error = error_of(lambda: list(sleep(iter([b"x"]), timeout=0.3)))
check("the deadline", error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and 0.25 < time.time() - begin < 2, error)

call = sleep(iter([b"x"]))
time.sleep(0.1)
call.cancel()
check("cancellation", error_of(lambda: list(call)).code() is grpc.StatusCode.CANCELLED)

futures = [unary.future(b"%d" % i) for i in range(2000)]
check("two thousand calls at once", [f.result() for f in futures] == [b"%d" % i for i in range(2000)])

slow = feed(b"200 100000")
first = next(slow)
check("a slow reader does not stop the others", unary(b"quick", timeout=2) == b"quick")
check("and gets everything in the end", 1 + sum(1 for _ in slow) == 200)

impatient = make([("grpc.keepalive_time_ms", 100), ("grpc.keepalive_timeout_ms", 5000),
                  ("grpc.keepalive_permit_without_calls", 1), ("grpc.http2.max_pings_without_data", 0),
                  ("grpc.http2.min_ping_interval_without_data_ms", 100), ("grpc.enable_retries", 0)])
error = error_of(lambda: list(impatient.stream_stream("/test.Test/Sleep")(iter([b"x"]), timeout=8)))
check("too many pings", error.code() is grpc.StatusCode.UNAVAILABLE, error)
sys.exit(failed)
