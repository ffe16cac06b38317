"""secure.py: does etcd's TLS look the same from outside, and does ours say more where something is wrong?

    python3 secure.py                        etcdctl 3.4.23 and 3.5.1, with etcd 3.5.1 and with ours
    python3 secure.py --versions 3.5 --show  one of them, and what the first server made it say

Like etcdctl.py: each line of secure.txt is run beside two servers, and what it prints must be the same. But the servers
speak TLS, and how is part of the script:

    servers FLAGS         from here on both run with these flags, on the directory that they had; CERTS is a folder of
                          certificates, one for each server
    ours PATTERN ; COMMAND  what ours alone must say; Tutorials/differences.md has the reason
    log PATTERN           our log has this line by now. (What is wrong with a certificate etcd says in the words of Go's library.
                          We promise more: which file, which check, what to do.)
    mistake NAME ; PATTERN ; FLAGS
                          neither starts with these flags; both end with status 1, and our log has the pattern. With
                          `of which ours alone says` in its name: etcd does start

Who speaks is part of each line: `as NAME COMMAND` shows that certificate, `nobody COMMAND` shows none.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

import differences
from etcdctl import ETCDCTL, ETCDUTL, WORDS, describe, script
from servers import GRPC_OPTIONS, IDENTITY, Server, work_directory

#: Before the lines of the script. Whoever is refused is not told at once, but tries until its time is over.
MORE_WORDS = WORDS + r"""
export ETCDCTL_COMMAND_TIMEOUT=$((20 * PATIENCE))s ETCDCTL_DIAL_TIMEOUT=$((20 * PATIENCE))s
briefly() { ETCDCTL_COMMAND_TIMEOUT=$((2 * PATIENCE))s ETCDCTL_DIAL_TIMEOUT=$((2 * PATIENCE))s "$@"; }
as() { ETCDCTL_CACERT=$CERTS/ca.pem ETCDCTL_CERT=$CERTS/$1.pem ETCDCTL_KEY=$CERTS/$1.key "${@:2}"; }
nobody() { ETCDCTL_CACERT=$CERTS/ca.pem "$@"; }
# A page over TLS, as NAME; HTTP/1.1 unless an option says otherwise.
web() { page --http1.1 --cacert "$CERTS/ca.pem" --cert "$CERTS/$1.pem" --key "$CERTS/$1.key" "${@:2}"; }
# What openssl learns about the server. It must be allowed to finish its handshake.
hello() { timeout 5 openssl s_client -connect "$PLACE" -CAfile "$CERTS/ca.pem" "$@" </dev/null 2>&1; }
"""


def certificates():
    """A folder with what certificates.sh makes, and list.crl, a list of what was revoked that grows while a server reads it."""
    folder = tempfile.mkdtemp(prefix="certificates-", dir=work_directory())
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "certificates.sh")
    done = subprocess.run(["bash", script, folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"openssl made no certificates:\n{done.stdout}")
    shutil.copy(os.path.join(folder, "empty.der"), os.path.join(folder, "list.crl"))
    return folder


class SecureServer(Server):
    """A member whose clients speak TLS."""

    certificates = ""

    def command(self):
        flags = [flag.replace("CERTS", self.certificates) for flag in self.flags]
        return [self.program] + [flag for flag in IDENTITY if "client" not in flag] + [
            f"--data-dir={self.directory}",
            f"--listen-client-urls=https://127.0.0.1:{self.client_port}",
            f"--listen-peer-urls=http://127.0.0.1:{self.peer_port}",
        ] + ([] if "advertise" in " ".join(flags) else ["--advertise-client-urls=https://127.0.0.1:2379"]) + flags + (["--unsafe-no-fsync"] if self.kind == "real" else [])

    def direct_channel(self):
        def read(name):
            with open(os.path.join(self.certificates, name), "rb") as file:
                return file.read()
        credentials = grpc.ssl_channel_credentials(read("ca.pem"), read("alice.key"), read("alice.pem"))
        return grpc.secure_channel(f"127.0.0.1:{self.client_port}", credentials, GRPC_OPTIONS)


class Seat:
    """One server, one etcdctl, and a folder to work in."""

    def __init__(self, kind, version, origin):
        self.folder = tempfile.mkdtemp(dir=work_directory())
        self.certificates = os.path.join(self.folder, "certificates")
        shutil.copytree(origin, self.certificates)
        for folder in ("bin", "here"):
            os.mkdir(os.path.join(self.folder, folder))
        for name, program in (("etcdctl", ETCDCTL[version]), ("etcdutl", ETCDUTL)):
            os.symlink(program, os.path.join(self.folder, "bin", name))
        self.server = SecureServer(kind, name=f"{kind}-tls-{version}")
        self.server.certificates = self.certificates

    @property
    def environment(self):
        place = self.server.address
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("ETCD")},
            "ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": f"https://{place}", "PLACE": place, "CERTS": self.certificates,
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
        }

    def restart(self, flags):
        self.server.stop()
        self.server.flags = flags.split()
        self.server.start()

    def run(self, text, patience=1):
        """What a command printed and how it ended, masked."""
        process = subprocess.Popen(["bash", "-c", MORE_WORDS + text], cwd=f"{self.folder}/here",
                                   env={**self.environment, "PATIENCE": str(patience)}, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0)
        try:
            out, err = process.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            # With whatever it started: that holds its output open.
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += b"[did not end within 90 s]"
        said = [part.decode(errors="backslashreplace").replace(self.server.address, "ENDPOINT") for part in (out, err)]
        return tuple(differences.mask_output(text, part) for part in said) + (process.returncode,)

    def fail_to_start(self, flags):
        """How a start ends that must not succeed, and what it wrote."""
        trial = SecureServer(self.server.kind, name=f"{self.server.name}-mistake")
        trial.certificates = self.certificates
        trial.flags = flags.split()
        trial.spawn()
        try:
            status = trial.process.wait(20)
        except subprocess.TimeoutExpired:
            status = "it started"
        trial.kill()
        log = trial.tail()
        os.remove(trial.log)
        return status, log

    def logged(self, pattern):
        """Whether the server's log has such a line, now or very soon."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with open(self.server.log, errors="replace") as log:
                if re.search(pattern.replace("CERTS", self.certificates), log.read()):
                    return True
            time.sleep(0.1)
        return False


class Report:
    """What was right and what was not."""

    def __init__(self):
        self.passed = self.failed = 0

    def judge(self, right, line, why):
        if right:
            self.passed += 1
        else:
            self.failed += 1
            print(f"WRONG line {line.number}: {line.text}\n{why}")


def mistake(line, seats, report):
    """Flags with which nobody can start."""
    name, pattern, flags = (part.strip() for part in line.text.removeprefix("mistake ").split(" ; "))
    if "ours alone" in name:
        seats = [seat for seat in seats if seat.server.kind == "ours"]
    results = [seat.fail_to_start(flags) for seat in seats]
    said = all(re.search(pattern.replace("CERTS", seat.certificates), log)
               for seat, (_, log) in zip(seats, results) if seat.server.kind == "ours")
    report.judge({status for status, _ in results} <= {1} and said, line,
                 "".join(f"   {seat.server.kind}: status {status}\n{log}" for seat, (status, log) in zip(seats, results)))


def compare(kinds, version, origin, show):
    """One etcdctl beside two servers."""
    report = Report()
    since = time.monotonic()
    seats = [Seat(kind, version, origin) for kind in kinds]
    with ThreadPoolExecutor(2) as both:
        for line in script("secure.txt"):
            if line.version not in (None, version):
                continue
            word, _, rest = line.text.partition(" ")
            if word == "servers":
                list(both.map(lambda seat: seat.restart(rest), seats))
            elif word == "log":
                for seat in seats:
                    if seat.server.kind == "ours":
                        report.judge(seat.logged(rest), line, "   our log has no such line; it ends:\n" + seat.server.tail(5))
            elif word == "ours":
                pattern, command = (part.strip() for part in rest.split(" ; ", 1))
                for seat in seats:
                    said = seat.run(command)
                    if seat.server.kind == "ours":
                        right = re.search(pattern, said[0] + said[1], re.DOTALL)
                        report.judge(right, line, describe(said))
            elif word == "mistake":
                mistake(line, seats, report)
            else:
                first, second = both.map(lambda seat: seat.run(line.text), seats)
                if first != second and re.search(r"\b(during|first|briefly) ", line.text):
                    # What goes by the clock goes wrong on a busy machine. Once more, on both sides, and slowly.
                    first, second = both.map(lambda seat: seat.run(line.text, patience=3), seats)
                if show:
                    print(f"$ {line.text}\n{describe(first)}")
                report.judge(first == second, line, f"   {kinds[0]}:\n{describe(first)}\n   {kinds[1]}:\n{describe(second)}")
    for seat in seats:
        seat.server.kill()
    print(f"etcdctl {version}: {report.passed} of {report.passed + report.failed} lines as they should be with {kinds[0]} and "
          f"{kinds[1]} behind TLS; {time.monotonic() - since:.1f} s")
    return report.passed, report.failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", nargs=2, default=["real", "ours"])
    parser.add_argument("--versions", nargs="*", default=["3.4", "3.5"])
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    origin = certificates()
    passed = failed = 0
    with ThreadPoolExecutor(2) as pool:
        for good, bad in pool.map(lambda version: compare(options.sides, version, origin, options.show), options.versions):
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
