# SPDX-License-Identifier: GPL-2.0-or-later
"""rig.py - storehookd and mailstored in a scratch directory, and clients for them.

    with Rig(build) as rig:
        rig.start_scanner()
        rig.start_store()
        rig.deliver("alice", mail("eicar", "alice", "subject"))
        assert rig.subjects("alice") == []

Everything it started is gone when the block ends, however it ends: daemons die with their parent
(PR_SET_PDEATHSIG) and the scratch directory is removed. On an exception the logs are shown.
"""
import contextlib
import ctypes
import functools
import hashlib
import imaplib
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PASSWORD = "secret"
# crypt(3) of it; SHA-512 with 1000 rounds, the fewest there are: a login should cost nothing here.
PASSWORD_HASH = subprocess.run(["openssl", "passwd", "-6", "-salt", "rounds", PASSWORD],
                               capture_output=True, text=True, check=False).stdout.strip()
QUICK = bool(os.environ.get("STOREHOOK_TEST_QUICK"))
# Sanitizers and valgrind slow everything; so does a loaded machine.
PATIENCE = float(os.environ.get("STOREHOOK_TEST_PATIENCE", "30"))
PR_SET_PDEATHSIG = 1

_spec = importlib.util.spec_from_file_location("make_mail", TOP + "/tests/e2e/make-mail.py")
make_mail = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_mail)
EICAR = make_mail.EICAR


def address(user):
    return user if "@" in user else f"{user}@example.org"


def mail(kind, to, subject, **options):
    users = [to] if isinstance(to, str) else to
    return make_mail.make_mail(kind, [address(user) for user in users], subject, **options)


def wait_until(condition, what, seconds=None):
    """Asks until it is true; raises after `seconds`. An exception counts as not yet."""
    deadline = time.monotonic() + (seconds or PATIENCE)
    trouble = None
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except Exception as error:  # pylint: disable=broad-except
            trouble = error
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for: {what}" + (f" ({trouble!r})" if trouble else ""))


def free_ports(count):
    """All different: each is taken until all are chosen."""
    with contextlib.ExitStack() as taken:
        sockets = [taken.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def descendants(pid):
    """Every process below pid."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                parents[int(name)] = int(stat.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            pass
    found, before = {pid}, 0
    while len(found) != before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return sorted(found - {pid})


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Lmtp:
    """A client; smtplib's takes one reply after DATA where LMTP has one for each recipient. Raises
    OSError when the server is gone."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")
        self.reply()
        self.command("LHLO client.example.org")

    def reply(self):
        while True:
            line = self.stream.readline()
            if not line.endswith(b"\r\n"):
                raise ConnectionError(f"closed by the server after {line!r}")
            if line[3:4] != b"-":
                return int(line[:3]), line[4:].decode("utf-8", "replace").rstrip()

    def command(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def deliver(self, users, message, sender):
        code, text = self.command(f"MAIL FROM:<{sender}>")
        if code != 250:
            return dict.fromkeys(users, (code, text))
        replies = {user: self.command(f"RCPT TO:<{address(user)}>") for user in users}
        taken = [user for user, (code, _) in replies.items() if code == 250]
        refused = {user: reply for user, reply in replies.items() if reply[0] != 250}
        if not taken:
            self.command("RSET")
            return refused
        reply = self.command("DATA")
        if reply[0] != 354:
            return {**refused, **dict.fromkeys(taken, reply)}
        self.socket.sendall(make_mail.smtp_data(message) + b"\r\n")
        replies = {user: self.reply() for user in taken}
        return {**refused, **{user: r for user, r in replies.items() if r[0] != 250}}

    def close(self):
        with contextlib.suppress(OSError):
            self.command("QUIT")
        self.stream.close()
        self.socket.close()


class Store:
    """One mailstored."""

    def __init__(self, rig, name):
        self.rig, self.name, self.process, self.hooked = rig, name, None, False
        self.lmtp_path = f"{rig.scratch}/{name}.lmtp"
        self.imap_port, self.pop3_port = free_ports(2)
        self.configuration = f"{rig.scratch}/{name}.conf"
        self.directory = f"{rig.scratch}/{name}"

    def write_configuration(self, extra=""):
        with open(self.configuration, "w", encoding="utf-8") as out:
            out.write(f"[store]\npath={self.directory}\n[lmtp]\nlisten=unix:{self.lmtp_path}\n"
                      f"[imap]\nlisten=127.0.0.1:{self.imap_port}\n"
                      f"[pop3]\nlisten=127.0.0.1:{self.pop3_port}\n"
                      f"[users]\npasswd-file={self.rig.scratch}/passwd\n{extra}")

    def start(self, hooked=True, environment=(), extra=""):
        self.hooked = hooked
        self.write_configuration(extra)
        env = dict(os.environ, STOREHOOK_SOCKET=self.rig.socket, **dict(environment))
        if hooked:
            preloads = [*self.rig.sanitizers, self.rig.path("libstorehook/libstorehook.so")]
            env["LD_PRELOAD"] = " ".join([*preloads, env.get("LD_PRELOAD", "")]).strip()
        self.process = self.rig.spawn(
            [self.rig.path("mailstore/server/mailstored"), "--config", self.configuration],
            self.name, env)
        wait_until(self.answers, f"{self.name} to answer")
        return self

    def answers(self):
        assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}"
        with contextlib.closing(socket.create_connection(("127.0.0.1", self.imap_port), 2)) as one:
            one.settimeout(2)
            return one.recv(100).startswith(b"* OK")

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def resident_kb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def lmtp(self):
        return Lmtp(self.lmtp_path)

    def deliver(self, to, message, client=None, sender="sender@example.org"):
        """{user: reply} of those recipients for whom the message was not taken."""
        users = [to] if isinstance(to, str) else list(to)
        if client is not None:
            return client.deliver(users, message, sender)
        with contextlib.closing(self.lmtp()) as own:
            return own.deliver(users, message, sender)

    @contextlib.contextmanager
    def imap(self, user):
        client = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=PATIENCE)
        try:
            client.login(user, PASSWORD)
            yield client
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                client.logout()

    def messages(self, user, folder="INBOX"):
        """Every message of a folder, byte for byte, by UID."""
        with self.imap(user) as client:
            if client.select(folder, readonly=True)[0] != "OK":
                return {}
            found = {}
            items = client.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]
            for item, rest in zip(items, [*items[1:], b""]):
                if isinstance(item, tuple):  # the UID may stand before the literal or after it
                    around = item[0] + (rest if isinstance(rest, bytes) else b"")
                    found[int(re.search(rb"UID (\d+)", around)[1])] = item[1]
            return found

    def subjects(self, user, folder="INBOX"):
        found = []
        for message in self.messages(user, folder).values():
            for line in message.split(b"\r\n\r\n")[0].split(b"\r\n"):
                if line.lower().startswith(b"subject: "):
                    found.append(line[9:].decode())
        return found


class Rig:
    def __init__(self, build, users=("alice", "bob", "carol"), directory=None):
        self.build, self.processes, self.stores = os.path.abspath(build), [], []
        self.at_exit = []  # called first when the rig is taken down
        self.scratch = tempfile.mkdtemp(prefix="rig.", dir=directory)
        self.socket = self.scratch + "/scanner.sock"
        self.configuration = self.scratch + "/storehookd.conf"
        self.signatures = self.scratch + "/signatures"
        self.scanner = None
        self.preload_scanner = None
        shutil.copytree(TOP + "/examples/signatures", self.signatures)
        with open(self.scratch + "/passwd", "w", encoding="utf-8") as out:
            out.writelines(f"{user}:{PASSWORD_HASH}\n" for user in (*users, "probe"))
        self.configure()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for call in reversed(self.at_exit):
            call()
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + 10
        for process in reversed(self.processes):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                print(f"{process.args[0]} did not end on SIGTERM", file=sys.stderr)
                process.kill()
                process.wait()
        if error is not None:
            self.show_logs()
        shutil.rmtree(self.scratch, ignore_errors=True)
        # What a killed service leaves for the next one on its socket, of which there is none.
        name = hashlib.sha256(self.socket.encode()).hexdigest()[:16]
        shutil.rmtree(f"/dev/shm/storehookd-{name}", ignore_errors=True)

    @functools.cached_property
    def sanitizers(self):
        """What must be preloaded before a sanitized library."""
        needs = subprocess.run(["readelf", "-d", self.path("libstorehook/libstorehook.so")],
                               capture_output=True, text=True, check=True).stdout
        return [subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True,
                               check=True).stdout.strip()
                for name in ("libasan.so", "libtsan.so") if name.removesuffix(".so") in needs]

    def path(self, name):
        return os.path.join(self.build, name)

    def spawn(self, command, name, env=None):
        with open(f"{self.scratch}/{name}.log", "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env=env, preexec_fn=_die_with_parent)
        self.processes.append(process)
        return process

    def show_logs(self, lines=40):
        for name in sorted(os.listdir(self.scratch)):
            if name.endswith(".log"):
                with open(os.path.join(self.scratch, name), errors="replace") as log:
                    text = log.readlines()[-lines:]
                if text:
                    print(f"--- {name}", *(line.rstrip() for line in text), sep="\n", file=sys.stderr)

    # The service.

    def configure(self, service="", rules=True, extra="", clients=None):
        with open(self.configuration, "w", encoding="utf-8") as out:
            out.write(f"[service]\nsocket={self.socket}\nstate-directory={self.scratch}/state\n"
                      f"{service}\n[signatures]\ndirectory={self.signatures}\n"
                      f"[clients]\nexecutables={clients or self.path('mailstore/server/mailstored')}\n")
            if rules:
                out.write(f"[rules]\nfile={TOP}/examples/rules.conf\n")
            out.write(extra)

    def start_scanner(self):
        env = dict(os.environ, **({"LD_PRELOAD": self.preload_scanner} if self.preload_scanner else {}))
        self.scanner = self.spawn([self.path("scanner/storehookd"), "--config", self.configuration],
                                  "storehookd", env)
        wait_until(lambda: self.status()["ok"], "storehookd to answer")
        return self

    def wait_scanning(self):
        """Enough where no store is connected before its first write."""
        wait_until(lambda: self.status()["protection"] == "protected", "signatures to be loaded")

    def kill_scanner(self):
        self.scanner.kill()
        self.scanner.wait()

    def control(self, *words, check=True):
        run = subprocess.run([self.path("scanner/storehookctl"), "--config", self.configuration,
                              "--json", *words], capture_output=True, text=True, timeout=PATIENCE,
                             check=False)
        if check and run.returncode != 0:
            raise AssertionError(f"storehookctl {' '.join(words)}: {run.returncode}: "
                                 f"{run.stderr or run.stdout}")
        return json.loads(run.stdout) if run.stdout.strip() else {}

    def status(self):
        return self.control("status", check=False)

    def is_protected(self):
        status = self.status()
        return status.get("protection") == "protected" and \
            any(client["hooked"] for client in status.get("clients", []))

    def wait_protected(self):
        """A store that found no service asks again at its next write, after a second at most (a
        tenth of one where nobody listened). The write is made here, after that second, so that it
        passes no message by itself."""
        if not self.is_protected():
            time.sleep(1.1)
            for store in self.stores:
                if store.hooked and store.process.poll() is None:
                    store.deliver("probe", mail("plain", "probe", "probe"))
        wait_until(self.is_protected, "status to say protected")

    def unscanned(self):
        return self.status()["unscanned"]["total"]

    def incidents(self):
        return self.control("incidents")["incidents"]

    # The store.

    def start_store(self, name="store", **options):
        self.stores.append(Store(self, name))
        return self.stores[-1].start(**options)

    @property
    def store(self):
        return self.stores[0]


def main(*tests):
    """Runs test(build) one after another with build from the command line; exits 1 on a failure."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} BUILD-DIRECTORY [TEST...]")
    chosen = [t for t in tests if not sys.argv[2:] or t.__name__ in sys.argv[2:]]
    for test in chosen:
        begun = time.monotonic()
        print(f"{test.__name__} ...", flush=True)
        test(sys.argv[1])
        print(f"{test.__name__} ok ({time.monotonic() - begun:.1f} s)", flush=True)
