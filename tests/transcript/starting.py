#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""starting.py MAILSTORED MAN-PAGE [--no-handshake] - how mailstored starts, refuses to, and stops."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import transcript

BASE = "[store]\npath={top}/store\n[users]\npasswd-file={top}/passwd\n"

# Configuration, and what standard error must say; {config} is the file's path. Its own mistakes:
BAD_CONFIG = [
    (BASE + "[lmtp]\nlisten=127.0.0.1:0\nlisten=127.0.0.1:1\n", "{config}:7: [lmtp] listen stands twice"),
    (BASE + "[lmtp]\nlisen=127.0.0.1:0\n", "{config}:6: [lmtp] lisen: there is no such key"),
    (BASE + "[limits]\nmessage-size=huge\n", "{config}:6: [limits] message-size: \"huge\" is not a size"),
    (BASE + "[lmtp]\nlisten=127.0.0.1:0\n[limits]\nmessage-size=512M\n", "268435456 is below message-size=536870912"),
    (BASE + "[imap]\nlisten=0.0.0.0:0\n", "{config}:6: [imap] listen: is beyond loopback"),
    (BASE + "[imap]\nlisten=tls:127.0.0.1:0\n", "{config}:6: [imap] listen: \"tls:127.0.0.1:0\" needs [tls] certificate="),
]
# Mistakes in what it names.
BAD = [    (BASE + "[lmtp]\nlisten=127.0.0.1:0\n[tls]\ncertificate=/nowhere\nkey=/nowhere\n", "{config}:8: [tls] certificate: "),
    (BASE + "[lmtp]\nlisten=127.0.0.1:0\n[tls]\ncertificate={top}/passwd\nkey=/nowhere\n",
     "certificate={top}/passwd"),
    (BASE + "[lmtp]\nlisten=unix:{top}/passwd\n", "{config}:6: [lmtp] listen: cannot listen on unix:{top}/passwd: File exists"),
    ("[store]\npath={top}/store\n[users]\npasswd-file={top}/none\n[lmtp]\nlisten=127.0.0.1:0\n",
     "{config}:4: [users] passwd-file: Failed to open"),
    ("[store]\npath={top}/store\n[users]\npasswd-file={top}/badpasswd\n[lmtp]\nlisten=127.0.0.1:0\n",
     "{config}:4: [users] passwd-file: {top}/badpasswd:2: "),
    ("[store]\npath={top}/passwd\n[users]\npasswd-file={top}/passwd\n[lmtp]\nlisten=127.0.0.1:0\n",
     "{config}:2: [store] path: "),
    (BASE + "[lmtp]\nlisten=192.0.2.1:2525\n", "cannot listen on 192.0.2.1:2525"),
]
# The thread sanitizer does not see how GIO hands a handshake to another thread: left out there.
BAD_HANDSHAKE = [
    (BASE + "[lmtp]\nlisten=127.0.0.1:0\n[tls]\ncertificate={top}/cert.pem\nkey={top}/other/key.pem\n",
     "key={top}/other/key.pem: they do not work together"),
]


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=20,
                          env=transcript.without_leak_check())


def must(condition, what):
    if not condition:
        raise transcript.Failure(what)


def refuses(program, bad, status):
    with tempfile.TemporaryDirectory(prefix="starting.") as top:
        config = os.path.join(top, "config")
        with open(os.path.join(top, "passwd"), "w") as passwd:
            passwd.write("a:*\n")
        with open(os.path.join(top, "badpasswd"), "w") as passwd:
            passwd.write("a:*\nrubbish\n")
        os.mkdir(os.path.join(top, "other"))
        for directory in (top, os.path.join(top, "other")):
            transcript.make_certificate(directory)
        for text, words in bad:
            with open(config, "w") as out:
                out.write(text.replace("{top}", top))
            result = run(program, "--config", config)
            words = words.replace("{top}", top).replace("{config}", config)
            must(result.returncode == status, "%r: status %d" % (text, result.returncode))
            must(words in result.stderr, "%r: %r has no %r" % (text, result.stderr, words))
            must(os.path.isfile(os.path.join(top, "passwd")), "%r: the passwd file is gone" % text)


def refuses_command_lines(program):
    must(run(program).returncode == 2, "no arguments: status is not 2")
    must(run(program, "--nonsense").returncode == 2, "unknown option: status is not 2")
    must(run(program, "--config", "/nowhere").returncode == 2, "no file: status is not 2")
    must(run(program, "--version").stdout.startswith("mailstored "), "--version")


def is_documented(program, page):
    """Every key is, with its default, in the man page."""
    keys = run(program, "--describe-config").stdout
    must("[limits]" in keys, "--describe-config describes nothing")
    with open(page, encoding="utf-8") as text:
        manual = text.read()
    for line in keys.splitlines():
        found = re.fullmatch(r"([a-z0-9-]+)=(\S*)", line)
        if found:
            item = r"^\.It Cm %s$|^\.It Cm %s *= *%s$" % ((re.escape(found[1]), re.escape(found[1]),
                                                          re.escape(found[2])))
            must(re.search(item, manual, re.M), "%s does not have %s" % (page, line))
            if found[2]:
                must(re.search(r"^\.It Cm %s *= *%s$" % (re.escape(found[1]), re.escape(found[2])), manual, re.M),
                     "%s has another default than %s" % (page, line))


def own_address():
    """One of this machine's that is not loopback, or None. No packet is sent, here or below."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))
            address = one.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


def asks_for_no_password_in_the_open(program):
    """Where others can read, no command gets as far as the password."""
    address = own_address()
    if address is None:
        print("only loopback here: passwords in the open are left out")
        return
    server = transcript.Server(program, ["tls certificate=@TOP@/cert.pem", "tls key=@TOP@/key.pem",
                                         "imap listen=%s:0" % address, "pop3 listen=%s:0" % address])
    try:
        for service, talk in (("imap", (("", r"\* OK \[CAPABILITY .*STARTTLS LOGINDISABLED\].*"),
                                        ("a AUTHENTICATE PLAIN", r"a NO \[PRIVACYREQUIRED\] .*"),
                                        ("b AUTHENTICATE PLAIN AGFsaWNlAHdvbmRlcg==", r"b NO \[PRIV.*"),
                                        ("c LOGIN alice wonder", r"c NO \[PRIVACYREQUIRED\] .*"))),
                              ("pop3", (("", r"\+OK .*"), ("AUTH PLAIN", r"-ERR \[AUTH\] .*"),
                                        ("USER alice", r"-ERR \[AUTH\] .*"), ("PASS wonder", "-ERR .*")))):
            port = re.search(r"service=%s address=%s:(\d+)" % (service, re.escape(address)), server.log())[1]
            client = transcript.Client(socket.create_connection((address, int(port)), transcript.TIMEOUT))
            for line, expected in talk:
                if line:
                    client.send(line.encode() + b"\r\n")
                said = client.line()
                must(re.fullmatch(expected, said), "%s: %r is answered by %r" % (service, line, said))
            client.sock.close()
        server.stop()
    finally:
        server.clean()


def drains(program):
    """SIGTERM: a message in progress is delivered, the idle are told, nobody new comes in."""
    server = transcript.Server(program)
    try:
        lmtp = transcript.Client(server.connect("lmtp"))
        lmtp.send(b"LHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<alice>\r\nDATA\r\nhalf a ")
        while not lmtp.line().startswith("354"):
            pass
        imap = transcript.Client(server.connect("imap"))
        imap.line()
        pop3 = transcript.Client(server.connect("pop3"))
        pop3.line()
        server.process.send_signal(signal.SIGTERM)
        must(imap.line().startswith("* BYE"), "IMAP hears nothing")
        must(pop3.line().startswith("-ERR"), "POP3 hears nothing")
        try:
            server.connect("lmtp")
            raise transcript.Failure("a connection is taken while draining")
        except ConnectionRefusedError:
            pass
        must(server.process.poll() is None, "it did not wait for the delivery")
        lmtp.send(b"message\r\n.\r\n")
        must(lmtp.line().startswith("250"), "the message was not delivered")
        must(lmtp.line().startswith("421"), "LMTP hears nothing")
        lmtp.sock.close()
        imap.sock.close()
        pop3.sock.close()
        server.stop()
    finally:
        server.clean()


def waits_for_nobody_under_tls(program):
    """Clients that read nothing and log out, with as much on the way to them as fits, and less."""
    server = transcript.Server(program, ["tls certificate=@TOP@/cert.pem", "tls key=@TOP@/key.pem",
                                         "imap listen=unix:@TOP@/imap;127.0.0.1:0"])
    clients = []
    try:
        for commands in range(2200, 2500, 10):
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(transcript.TIMEOUT)
            plain.connect(os.path.join(server.directory.name, "imap"))
            client = transcript.Client(plain)
            client.line()
            client.send(b"a STARTTLS\r\n")
            client.line()
            client.start_tls()
            clients.append(client.sock)
            client.sock.sendall(b"b CAPABILITY\r\n" * commands + b"c LOGOUT\r\n")
            other = transcript.Client(server.connect("imap"))
            must(other.line().startswith("* OK"), "one client holds up the others")
            other.sock.close()
        for client in clients:
            client.close()
        server.stop()
    finally:
        server.clean()


def waits_for_no_handshake(program):
    """Clients of the TLS port that say nothing take no thread, and little time, from those that do."""
    server = transcript.Server(program, ["tls certificate=@TOP@/cert.pem", "tls key=@TOP@/key.pem",
                                         "imap listen=tls:127.0.0.1:0"])
    try:
        silent = [server.connect("imaps") for _ in range(200)]
        client = transcript.Client(server.connect("imaps"))
        client.sock.settimeout(7)  # after ten seconds the silent ones are let go
        client.start_tls()
        must(client.line().startswith("* OK"), "no greeting beside silent clients")
        client.sock.close()
        server.stop()  # and they do not hold that up either
        for one in silent:
            one.close()
    finally:
        server.clean()


def wait_for_log(server, words):
    """Two signals that come before the first is seen are one."""
    end = time.monotonic() + transcript.TIMEOUT
    while words not in server.log():
        must(time.monotonic() < end, "the log has no %r" % words)
        time.sleep(0.01)


def drain_ends(program):
    """A client that never finishes, and one that waits for the memory it has, do not keep it from
    stopping; a second SIGTERM is at once."""
    little = ["limits message-size=64K", "limits delivery-bytes-in-flight=64K"]
    for config, second in ((["limits drain-time=1"], False), ([], True)):
        server = transcript.Server(program, little + config)
        try:
            lmtp = transcript.Client(server.connect("lmtp"))
            lmtp.send(b"LHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<alice>\r\nDATA\r\nhalf a ")
            while not lmtp.line().startswith("354"):
                pass
            waits = transcript.Client(server.connect("lmtp"))
            waits.send(b"LHLO me\r\nMAIL FROM:<a@b> SIZE=60000\r\nRCPT TO:<alice>\r\nDATA\r\n")
            while not waits.line().startswith("250 2.1.5"):
                pass
            begin = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            if second:
                wait_for_log(server, "stopping connections=")
            server.stop()
            must(time.monotonic() - begin < 15, "it took %.1f s to stop" % (time.monotonic() - begin))
        finally:
            server.clean()


def waits_for_no_log(program):
    """Whoever reads the log has stopped: mail goes on, and what was lost is counted when he is back."""
    server = transcript.Server(program)
    server.stop()
    try:
        server.process = subprocess.Popen([program, "--config", server.config], stdin=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE, env=server.environment,
                                          preexec_fn=transcript.die_with_parent)
        log = server.process.stderr
        fcntl.fcntl(log, fcntl.F_SETPIPE_SZ, 8192)
        said = b""
        while b" ready " not in said:
            said += log.readline()
        server.ports["imap"] = int(re.search(rb"service=imap address=127\.0\.0\.1:(\d+)", said)[1])
        for _ in range(200):
            client = transcript.Client(server.connect("imap"))
            must(client.line().startswith("* OK"), "the log holds up a client")
            client.sock.close()
        os.set_blocking(log.fileno(), False)
        said = log.read() or b""
        for _ in range(2):
            transcript.Client(server.connect("imap")).line()
            said += log.read() or b""
        must(re.search(rb"warning log-lines-lost lines=\d+\n", said), "nothing is said of lost lines: %r" % said)
        server.stop()
    finally:
        server.clean()


def keeps_users(program):
    """The passwd file is read again when it changes; mail survives a restart."""
    server = transcript.Server(program)
    try:
        lmtp = transcript.Client(server.connect("lmtp"))
        lmtp.send(b"LHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<carol>\r\n")
        while not lmtp.line().startswith("550"):
            pass
        with open(os.path.join(server.directory.name, "passwd"), "a") as passwd:
            passwd.write("carol:%s\n" % transcript.hash_password("singer"))
        lmtp.send(b"RCPT TO:<carol>\r\nDATA\r\n")
        must(lmtp.line().startswith("250"), "the new user is not known")
        lmtp.line()
        lmtp.send(b"Subject: kept\r\n\r\n.\r\n")
        must(lmtp.line().startswith("250"), "the new user got nothing")
        lmtp.sock.close()
        server.stop()
        server.start()
        pop3 = transcript.Client(server.connect("pop3"))
        pop3.send(b"USER carol\r\nPASS singer\r\nQUIT\r\n")
        pop3.line()
        pop3.line()
        line = pop3.line()
        must(line == "+OK 1 messages", "after a restart: " + line)
        pop3.sock.close()
        server.stop()
    finally:
        server.clean()


def keeps_the_store(program):
    """A second one finds the store taken, and does not disturb the first; a killed one's is free."""
    server = transcript.Server(program)
    try:
        result = run(program, "--config", server.config)
        must(result.returncode == 1, "a second one starts on the same store")
        words = os.path.join(server.directory.name, "store") + " is in use by another process"
        must(words in result.stderr, "%r has no %r" % (result.stderr, words))
        must(server.process.poll() is None, "the first one ended")
        server.process.kill()
        server.process.wait()
        server.start()
        server.stop()
    finally:
        server.clean()


def waits_for_no_acknowledgement(program):
    """Who sends a command in two pieces has its kernel keep the second back until we acknowledge the
    first, which ours would do after 40 ms."""
    server = transcript.Server(program)
    try:
        took = []
        for no_delay in (1, 0):
            client = transcript.Client(server.connect("imap"))
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, no_delay)
            client.line()
            begun = time.monotonic()
            for _ in range(100):
                client.send(b"a NO")
                client.send(b"OP\r\n")
                must(client.line().startswith("a OK"), "NOOP fails")
            took.append(time.monotonic() - begun)
            client.sock.close()
        must(took[1] < 1 + 2 * took[0], "half a command is acknowledged late: %s" % took)
        server.stop()
    finally:
        server.clean()


def main():
    program, page = sys.argv[1:3]
    try:
        shakes_hands = "--no-handshake" not in sys.argv[3:]
        refuses_command_lines(program)
        refuses(program, BAD_CONFIG, 2)
        refuses(program, BAD + BAD_HANDSHAKE if shakes_hands else BAD, 1)
        is_documented(program, page)
        if shakes_hands:
            asks_for_no_password_in_the_open(program)
            waits_for_nobody_under_tls(program)
            waits_for_no_handshake(program)
        drains(program)
        drain_ends(program)
        waits_for_no_log(program)
        keeps_users(program)
        keeps_the_store(program)
        waits_for_no_acknowledgement(program)
    except transcript.Failure as failure:
        print("FAIL: %s" % failure)
        return 1
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
