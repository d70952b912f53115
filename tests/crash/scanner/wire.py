# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of storehookd in the wire form of libstorehook/protocol.h, and a service to talk to.

Written after the header, not with the library's own code, so that the two check each other.
"""
import ctypes
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

MAGIC, VERSION = 0x314B4853, 1
HEADER = struct.Struct("=IHHIIQII")
FIELD = struct.Struct("=HHI")

HELLO, REPORT, ASK_LANES = 1, 2, 3
JUDGE_CONTENT, JUDGE_LINK, JUDGE_TEXT, JUDGE_MESSAGE, SCAN, NOTE_LINK, LOOK = range(16, 23)
WELCOME, JUDGED = 64, 65

TAGS = """none executable program instance unscanned row answer page profile deadline table data
digest notice name header offset encoding sender recipients subject folder folder_kind mailbox part
flagged verdict verdict_name action need_data type incident dropped
parts remember unhooked token lanes lane""".split()
NUMBERS = {"answer", "deadline", "flagged", "verdict", "action", "need_data", "dropped", "remember",
           "lane"}
VERDICTS = """clean infected blocked suspicious encrypted ambiguous not-fully-scanned
not-scanned""".split()
ACTIONS = "pass replace drop refuse defer".split()

# In pieces, so that no scanner eats this file.
EICAR = (
    b"X5O!P%@AP" + rb"[4\PZX54(P^)7CC)7}" + b"$EICAR" + b"-STANDARD-ANTIVIRUS" + b"-TEST-FILE!$H+H*"
)
HOOK = b"STOREHOOK-TEST-HOOK:"
BUILD = os.environ.get("STOREHOOK_BUILD", "build")


class Died(Exception):
    """End of file instead of an answer: the worker died over it."""


class Late(Exception):
    """No answer in time."""


PATIENCE = 20  # seconds beyond a request's deadline, for a loaded machine


def sealed(data):
    fd = os.memfd_create("content", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    done = 0
    while done < len(data):
        done += os.write(fd, data[done:])
    import fcntl
    fcntl.fcntl(fd, 1033, 1 | 2 | 4 | 8)  # F_ADD_SEALS: seal, shrink, grow, write
    return fd


class Memfd(bytes):
    """A content that is to travel by descriptor."""


def wire_fields(*fields):
    """The fields as they stand in a memfd for PARTS."""
    return Memfd(encode_fields(fields, None)[0])


def encode_fields(fields, fds):
    body, count = b"", 0
    for name, value in fields:
        tag = TAGS.index(name)
        if isinstance(value, int) and name not in NUMBERS and name == "executable":
            fds.append(os.dup(value))
            body += FIELD.pack(tag, len(fds), 0)
        elif isinstance(value, Memfd) or (name == "data" and len(value) > 8192 and fds is not None):
            fds.append(sealed(value))
            body += FIELD.pack(tag, len(fds), len(value))
        else:
            if isinstance(value, int):
                value = struct.pack("=Q" if name == "offset" else "=I", value)
            elif isinstance(value, str):
                value = value.encode()
            body += FIELD.pack(tag, 0, len(value)) + value + b"\0" * (-len(value) % 8)
        count += 1
    return body, count


def encode(kind, fields, deadline, fds, number=7):
    body, count = encode_fields(fields, fds)
    return HEADER.pack(MAGIC, VERSION, kind, HEADER.size + len(body), count, number, deadline, 1) + body


def decode(data, fds):
    magic, version, kind, length, count, number, _, _ = HEADER.unpack_from(data)
    assert (magic, version, length) == (MAGIC, VERSION, len(data)), "not an answer"
    answer, at = {"kind": kind, "number": number}, HEADER.size
    for _ in range(count):
        tag, descriptor, size = FIELD.unpack_from(data, at)
        at += FIELD.size
        if descriptor:
            fd = fds[descriptor - 1]
            value = fd if TAGS[tag] in ("page", "lanes") else os.pread(fd, size, 0)
        else:
            value = data[at:at + size]
            at += size + -size % 8
            if TAGS[tag] in NUMBERS:
                value = struct.unpack("=I", value)[0]
        answer[TAGS[tag]] = value
    assert at == len(data)
    if "verdict" in answer:
        answer["verdict"] = VERDICTS[answer["verdict"]]
    if "action" in answer:
        answer["action"] = ACTIONS[answer["action"]]
    return answer


def end_with_parent():
    """A test that is killed leaves no service: it ends as by SIGTERM, and clears up."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG


def has_ended(pid):
    """Also when nobody has asked yet how."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def is_sanitized():
    needs = subprocess.run(["readelf", "-d", BUILD + "/scanner/storehookd"], capture_output=True,
                           text=True, check=True).stdout
    return "san.so" in needs


class Service:
    """A storehookd of its own in a scratch directory."""

    def __init__(self, config="", workers=2, start=True, temp=None, directory=None):
        self.directory = directory or tempfile.mkdtemp(prefix="storehook-test-")
        self.socket = self.directory + "/s"
        self.signatures = self.directory + "/signatures"
        self.config = self.directory + "/storehookd.conf"
        self.log_path = self.directory + "/log"
        self.temp = temp or "/dev/shm"
        os.makedirs(self.signatures, exist_ok=True)
        # A directory that is named must hold some; what there is to find comes with the service.
        self.write_signatures("nothing.hdb", "00000000000000000000000000000001:1234567:Test.Nothing")
        self.write_config(config, workers)
        self.process = None
        if start:
            try:
                self.start()
            except BaseException:
                self.remove()
                raise

    def write_config(self, more="", workers=2):
        # Nobody is busy but by what the tests ask: no checks of the service's own.
        sections = {"service": [f"socket={self.socket}", f"state-directory={self.directory}/state",
                                f"workers={workers}", "test-hooks=true", "health-interval=0",
                                f"temporary-directory={self.temp}"],
                    "signatures": [f"directory={self.signatures}", "check-interval=1"],
                    "clients": [f"executables={os.path.realpath('/proc/self/exe')}"]}
        section = None
        for line in more.splitlines():
            line = line.strip()
            if line.startswith("["):
                section = line.strip("[]")
                sections.setdefault(section, [])
            elif line:
                key = line.split("=")[0] + "="
                sections[section] = [old for old in sections[section] if not old.startswith(key)]
                sections[section].append(line)
        with open(self.config, "w", encoding="utf-8") as out:
            for name, lines in sections.items():
                out.write(f"[{name}]\n" + "\n".join(lines) + "\n")

    def write_signatures(self, name, *lines):
        """All at once: the service looks every second."""
        path = f"{self.signatures}/{name}"
        with open(path + ".new", "w", encoding="ascii") as out:
            out.write("".join(line + "\n" for line in lines))
        os.rename(path + ".new", path)

    def start(self, wait=True, environment=None):
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen([BUILD + "/scanner/storehookd", "--config", self.config],
                                        stderr=log, stdin=subprocess.DEVNULL,
                                        env={**os.environ, **(environment or {})},
                                        preexec_fn=end_with_parent)
        log.close()
        if wait:
            self.wait_for(self.is_ready)

    def is_ready(self):
        """All workers are there, and at least one of them serves."""
        status = self.status()
        return status["workers"]["alive"] == status["workers"]["configured"] and status["cage"]

    def are_busy(self, count):
        return self.status()["workers"]["busy"] == count

    def worked(self):
        """Seconds of a processor that the workers of now have had."""
        total = 0
        for pid in self.status()["workers"]["processes"]:
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as text:
                total += int(text.read().split()[0])
        return total / 1e9

    def kill_workers(self):
        for pid in self.status()["workers"]["processes"]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def loaders(self):
        """How many there are: while two, a worker of the old one may still answer by what it has."""
        return len(self.children())

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as text:
            return [int(child) for child in text.read().split()]

    def wait_for_change(self, condition):
        """Until it is so, and nobody judges by what was before."""
        self.wait_for(lambda: condition() and self.loaders() == 1)

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if condition():
                    return
            except (OSError, KeyError, ValueError):
                pass
            if self.process and self.process.poll() is not None:
                raise AssertionError("storehookd ended: " + self.log()[-2000:])
            time.sleep(0.02)
        raise AssertionError("did not happen: " + self.log()[-2000:])

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as text:
            return text.read()

    def control(self, command, **arguments):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(PATIENCE)
            s.connect(self.socket + ".control")
            s.sendall(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
            data = b""
            while not data.endswith(b"\n"):
                more = s.recv(65536)
                if not more:
                    raise OSError("control closed")
                data += more
        return json.loads(data)

    def status(self):
        return self.control("status")

    def ask(self, kind, *fields, deadline=4000, patience=None, suffix=".store", read=True):
        """Returns the answer's fields; raises Died or Late, or OSError when nobody is there."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fds = [theirs.fileno()]
        data = encode(kind, fields, deadline, fds)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.settimeout(patience or deadline / 1000 + PATIENCE)
            try:
                s.connect(self.socket + suffix)
                socket.send_fds(s, [data], fds)
            except socket.timeout as error:
                mine.close()
                raise Late from error
            finally:
                theirs.close()
                for fd in fds[1:]:
                    os.close(fd)
        if not read:
            mine.close()
            return None
        mine.settimeout(patience or deadline / 1000 + PATIENCE)
        try:
            answer, got, _, _ = socket.recv_fds(mine, 65536, 250)
        except socket.timeout as error:
            raise Late from error
        except ConnectionResetError as error:
            raise Died from error
        finally:
            mine.close()
        if not answer:
            raise Died
        result = decode(answer, got)
        for fd in got:
            if fd not in (result.get("page"), result.get("lanes")):
                os.close(fd)
        return result

    def content(self, data, **more):
        return self.ask(JUDGE_CONTENT, ("table", "contents"),
                        ("digest", hashlib.sha256(data).digest()), ("data", data), **more)

    def scan(self, data, **more):
        return self.ask(SCAN, ("data", data), suffix=".background", **more)

    def text(self, data, **more):
        return self.ask(JUDGE_TEXT, ("data", data), ("sender", "a@example.org"),
                        ("recipients", "b@example.org\n"), ("subject", "s"), **more)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        status = self.process.returncode if self.process else None
        self.process = None
        return status

    def remove(self):
        self.stop()
        if os.path.exists(self.log_path):
            for bad in ("runtime error:", "AddressSanitizer", "LeakSanitizer", "CRITICAL"):
                assert bad not in self.log(), self.log()[-6000:]
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()
