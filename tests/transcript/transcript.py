#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""transcript.py MAILSTORED FILE... - plays scripted conversations against a fresh mailstored.

A transcript's ending says the protocol: .lmtp, .imap or .pop3. It is read line by line:

  # comment
  C: text       send text and CRLF. Escapes: \\r \\n \\t \\0 \\xHH \\\\; $NAME is a captured value
  C- text       the same without CRLF
  C*N text      send the text (escapes done) N times, no CRLF
  S: text       the next line must be text
  S~ regex      the next line must match the whole regex; (?P<NAME>...) captures
  S* regex      lines are skipped until one matches
  SET regex     the next lines, as many as SET lines stand together, match in any order
  SEND-END      shut down our side
  CLOSED        the server must have closed the connection
  AT NAME [P]   switch to connection NAME, opened (to protocol P) when new; imaps and pop3s begin with TLS
  SLEEP seconds
  CONFIG text   a line of configuration, group and key: "limits message-size=1M" (at the top only);
                listen= takes the place of a free port on loopback
  LOG regex     some line of the log must match, by now or soon
  STARTTLS      take up TLS on this connection

Every file gets its own server and directory. Fails with the file, the line and what came instead.
"""

import ctypes
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

TIMEOUT = 20


class Failure(Exception):
    pass


def hash_password(word):
    """sha256-crypt with few rounds would do; openssl is not needed: Python's crypt has it."""
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import crypt
        return crypt.crypt(word, "$5$rounds=1000$transcript$")


def die_with_parent():
    """A test that is killed leaves no server."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


def unescape(text):
    out = bytearray()
    at = 0
    raw = text.encode("utf-8")
    while at < len(raw):
        if raw[at:at + 1] == b"\\" and at + 1 < len(raw):
            code = raw[at + 1:at + 2]
            if code == b"x":
                out.append(int(raw[at + 2:at + 4], 16))
                at += 4
                continue
            known = {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"\\": b"\\", b"t": b"\t"}
            out += known.get(code, b"\\" + code)
            at += 2
            continue
        out.append(raw[at])
        at += 1
    return bytes(out)


def without_leak_check(environment=None):
    """LeakSanitizer crashes over the thread-local data of GIO's TLS module."""
    environment = dict(environment or os.environ)
    environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return environment


class Server:
    """A mailstored of our own, in a directory of its own."""

    def __init__(self, program, extra=(), environment=None):
        self.directory = tempfile.TemporaryDirectory(prefix="transcript.")
        self.environment = environment
        top = self.directory.name
        with open(os.path.join(top, "passwd"), "w") as passwd:
            for user, word in (("alice", "wonder"), ("bob", "builder")):
                passwd.write("%s:%s\n" % (user, hash_password(word)))
        groups = {"store": ["path=" + os.path.join(top, "store")],
                  "users": ["passwd-file=" + os.path.join(top, "passwd")],
                  "lmtp": ["listen=127.0.0.1:0"], "imap": ["listen=127.0.0.1:0"],
                  "pop3": ["listen=127.0.0.1:0"]}
        for line in extra:
            group, _, key = line.partition(" ")
            if key.startswith("listen="):
                groups[group].clear()
            groups.setdefault(group, []).append(key.replace("@TOP@", top))
        if any("certificate=" in line for line in groups.get("tls", [])):
            make_certificate(top)
        self.config = os.path.join(top, "config")
        with open(self.config, "w") as config:
            for group, keys in groups.items():
                config.write("[%s]\n%s\n" % (group, "\n".join(keys)))
        self.log_path = os.path.join(top, "log")
        self.program = program
        if "tls" in groups:
            self.environment = without_leak_check(environment)
        self.process = None
        self.ports = {}
        self.start()

    def start(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([self.program, "--config", self.config], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=self.environment,
                                            preexec_fn=die_with_parent)
        end = time.monotonic() + TIMEOUT
        while " ready " not in self.log():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure("mailstored does not start:\n" + self.log())
            time.sleep(0.005)
        for found in re.finditer(r"listening service=(\w+) address=127\.0\.0\.1:(\d+)( tls=yes)?", self.log()):
            self.ports[found.group(1) + ("s" if found.group(3) else "")] = int(found.group(2))

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def connect(self, protocol):
        return socket.create_connection(("127.0.0.1", self.ports[protocol]), TIMEOUT)

    def stop(self):
        """SIGTERM, and the exit status must be 0."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure("mailstored does not stop:\n" + self.log())
        if status != 0:
            raise Failure("mailstored ended with %d:\n%s" % (status, self.log()[-6000:]))

    def clean(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.directory.cleanup()


def make_certificate(top):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", os.path.join(top, "key.pem"), "-out",
                    os.path.join(top, "cert.pem")], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


class Client:
    """One connection: lines in, bytes out."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # what the server said before is still to be read

    def line(self):
        while b"\n" not in self.buffer:
            try:
                more = self.sock.recv(65536)
            except (ConnectionResetError, socket.timeout) as problem:
                raise Failure("no line came: %s; so far %r" % (problem, self.buffer))
            if not more:
                raise Failure("the connection was closed; so far %r" % self.buffer)
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        if not line.endswith(b"\r"):
            return line.decode("utf-8", "surrogateescape") + "<LF>"
        return line[:-1].decode("utf-8", "surrogateescape")

    def expect_closed(self):
        try:
            rest = self.buffer or self.sock.recv(65536)
        except ConnectionResetError:
            return
        except socket.timeout:
            raise Failure("the connection stays open")
        if rest:
            raise Failure("instead of a close came %r" % rest)

    def start_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)


class Player:
    def __init__(self, server, protocol):
        self.server = server
        self.protocol = protocol
        self.clients = {}
        self.values = {}
        self.at("main", protocol)

    def at(self, name, protocol):
        if name not in self.clients:
            self.clients[name] = Client(self.server.connect(protocol))
            if protocol in ("imaps", "pop3s"):
                self.clients[name].start_tls()
        self.client = self.clients[name]

    def expand(self, text):
        return re.sub(r"\$([A-Z]+)", lambda m: self.values.get(m.group(1), m.group(0)), text)

    def match(self, regex, line):
        found = re.fullmatch(self.expand(regex), line)
        if found:
            self.values.update({k: v for k, v in found.groupdict().items() if v is not None})
        return found

    def play(self, number, command, text):
        if command == "C:":
            self.client.send(unescape(self.expand(text)) + b"\r\n")
        elif command == "C-":
            self.client.send(unescape(self.expand(text)))
        elif command.startswith("C*"):
            self.client.send(unescape(text) * int(command[2:]))
        elif command == "S:":
            line = self.client.line()
            if line != self.expand(text):
                raise Failure("came     %r" % line)
        elif command == "S~":
            line = self.client.line()
            if not self.match(text, line):
                raise Failure("came     %r" % line)
        elif command == "S*":
            skipped = []
            while True:
                line = self.client.line()
                if self.match(text, line):
                    break
                skipped.append(line)
                if len(skipped) > 1000000:
                    raise Failure("it never came")
        elif command == "SEND-END":
            self.client.sock.shutdown(socket.SHUT_WR)
        elif command == "CLOSED":
            self.client.expect_closed()
        elif command == "AT":
            words = text.split()
            self.at(words[0], words[1] if len(words) > 1 else self.protocol)
        elif command == "SLEEP":
            time.sleep(float(text))
        elif command == "LOG":
            end = time.monotonic() + TIMEOUT
            while not re.search(self.expand(text), self.server.log()):
                if time.monotonic() > end:
                    raise Failure("the log has no such line:\n" + self.server.log())
                time.sleep(0.01)
        elif command == "STARTTLS":
            self.client.start_tls()
        else:
            raise Failure("unknown command %r" % command)

    def play_set(self, lines):
        left = list(lines)
        for _ in lines:
            line = self.client.line()
            for pattern in left:
                if self.match(pattern, line):
                    left.remove(pattern)
                    break
            else:
                raise Failure("came     %r\n         expected one of %r" % (line, left))


def read_script(path):
    script, config = [], []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            command, _, text = line.partition(" ")
            if command == "CONFIG":
                config.append(text)
            else:
                script.append((number, command, text))
    return script, config


def run(program, path):
    script, config = read_script(path)
    server = Server(program, config)
    try:
        player = Player(server, path.rsplit(".", 1)[1])
        at = 0
        while at < len(script):
            number, command, text = script[at]
            try:
                if command == "SET":
                    end = at
                    while end < len(script) and script[end][1] == "SET":
                        end += 1
                    player.play_set([entry[2] for entry in script[at:end]])
                    at = end
                    continue
                player.play(number, command, text)
            except Failure as failure:
                raise Failure("%s:%d: %s %s\n         %s\n%s" %
                              (path, number, command, text, failure, server.log()[-3000:]))
            at += 1
        for client in player.clients.values():
            client.sock.close()
        server.stop()
    finally:
        server.clean()


def main():
    failures = 0
    for path in sys.argv[2:]:
        try:
            run(sys.argv[1], path)
            print("ok   " + path)
        except Failure as failure:
            failures += 1
            print("FAIL %s" % failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
