#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives a real storehookd over the wire: verdicts, cache, crashes, hangs, kills, full disks.

The rule of all: whatever happens, EICAR is never called clean.
"""
import base64
import contextlib
import ctypes
import hashlib
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403

@test
def verdicts():
    """Plain, zip, zip in zip, tar.gz, nested mail; inline and by memfd; empty and tiny."""
    with Service() as s:
        for data in (b"", b"a", b"abc", b"hello\n" * 3000, unseen(200000)):
            assert s.content(data)["verdict"] == "clean"
        nested = mail(PLAIN, attachment(EICAR))
        for data in (EICAR, zipped("a.com", EICAR), zipped("b.zip", zipped("a.com", EICAR)),
                     tarred("x", EICAR), nested, mail(PLAIN, attachment(nested)),
                     EICAR + b" " * 60):
            for form in (bytes, Memfd):
                answer = s.content(form(data))
                assert answer["verdict"] == "infected" and answer["action"] == "replace", answer
                assert answer["flagged"] == 1
                assert hashlib.sha256(answer["data"]).digest() == answer["digest"]
                assert answer["incident"] in answer["data"]
        first, second = s.content(EICAR), s.content(EICAR)
        assert first["data"] != second["data"], "two notices are equal"
        assert s.scan(EICAR)["verdict"] == "infected"
        assert "data" not in s.scan(EICAR)


@test
def encrypted_and_limits():
    """An encrypted zip passes as encrypted; a bomb and a file too large are not fully scanned."""
    with Service("[limits]\nfile-size=1M\nscan-size=8M\nrecursion=3\n") as s:
        path = s.directory + "/secret.zip"
        with open(s.directory + "/plain", "wb") as out:
            out.write(os.urandom(500))
        subprocess.run(["zip", "-q", "-j", "-P", "x", path, s.directory + "/plain"], check=True)
        with open(path, "rb") as secret:
            answer = s.content(secret.read())
        assert (answer["verdict"], answer["action"]) == ("encrypted", "pass"), answer
        answer = s.content(Memfd(os.urandom(1024 * 1024 + 1)))
        assert answer["verdict"] == "not-fully-scanned" and answer["action"] == "replace", answer
        bomb = zipped("z", bytes(64 * 1024 * 1024))
        assert s.content(Memfd(bomb))["verdict"] == "not-fully-scanned"
        hidden = zipped("z", os.urandom(8192) * 200 + EICAR) # behind where libclamav cuts
        assert s.content(Memfd(hidden))["verdict"] != "clean"
        deep = b"x" * 100
        for i in range(6):
            deep = zipped(f"{i}.zip", deep)
        assert s.content(deep)["verdict"] == "not-fully-scanned"


@test
def text_is_replaced_in_place():
    """A bad inline part is overwritten by a notice of its own length; all else stays."""
    with Service() as s:
        good = mail(PLAIN, attachment(b"harmless" * 50))
        assert s.text(good)["verdict"] == "clean"
        encoded = base64_lines(EICAR * 4)
        broken = encoded[:7] + "*" + encoded[7:20] + "\r\n" + encoded[20:].rstrip("=")
        for body in (encoded, broken):
            text = mail(PLAIN, attachment(b"", "x.com", body), PLAIN)
            answer = s.text(text)
            assert answer["verdict"] == "infected" and answer["action"] == "replace", answer
            new = answer["data"]
            assert len(new) == len(text) and answer["flagged"] == 1
            at = text.index(body.encode())
            assert new[:at] == text[:at]
            assert new[at + len(body):] == text[at + len(body):]
            notice = base64.b64decode(new[at:at + len(body)])
            assert answer["incident"] in notice
            assert s.text(new)["verdict"] == "clean"
        block = b"begin 644 x.com\r\n" + b"".join(
            __import__("binascii").b2a_uu(EICAR[i:i + 45]).rstrip() + b"\r\n"
            for i in range(0, len(EICAR), 45)) + b"`\r\nend\r\n"
        text = mail((["Content-Type: text/plain"], "See:\r\n" + block.decode() + "Bye."))
        answer = s.text(text)
        assert answer["verdict"] == "infected" and answer["action"] == "replace", answer
        assert b"See:\r\n" in answer["data"] and b"Bye." in answer["data"]
        # In a header there is no part to overwrite: it passes flagged, for the commit to decide.
        answer = s.text(b"Subject: " + EICAR + b"\r\n\r\nHello\r\n")
        assert answer["action"] == "pass" and answer["flagged"] == 1, answer


@test
def links_follow_content_and_rules():
    """By digest from the cache, by bytes when it is unknown, by name, by true type."""
    with Service("[rules]\nfile=@RULES@\n".replace("@RULES@", "/dev/null"), start=False) as s:
        rules = s.directory + "/rules"
        with open(rules, "w", encoding="ascii") as out:
            out.write("[rule scripts]\nextension=vbs\n[rule programs]\n"
                      "type=application/x-dosexec;application/x-executable;application/x-sharedlib\n")
        s.write_config(f"[rules]\nfile={rules}\n")
        s.start()
        header = (b"Content-Type: application/octet-stream\r\nX-Other: y\r\n"
                  b"Content-Transfer-Encoding:\r\n base64\r\n\r\n")

        def link(data, name, with_data=False, token=None):
            fields = [("digest", hashlib.sha256(data).digest()), ("name", name),
                      ("header", header), ("encoding", "base64;76;crlf;1")]
            if token:
                fields.append(("token", token))
            if with_data:
                fields.append(("data", data))
            return s.ask(JUDGE_LINK, *fields)

        fresh = unseen(50)
        assert link(fresh, "a.bin").get("need_data") == 1
        assert link(fresh, "a.bin", True)["action"] == "pass"
        assert link(fresh, "a.bin").get("remember") == 1
        s.content(b"a text")
        answer = link(b"a text", "Report.VBS. ")
        if answer.get("need_data"):
            answer = link(b"a text", "Report.VBS. ", True)
        assert (answer["verdict"], answer["action"]) == ("blocked", "replace"), answer
        assert "remember" not in answer
        assert answer["verdict_name"] == b"scripts"
        assert answer["header"].endswith(b"Content-Transfer-Encoding:\r\n base64\r\n\r\n")
        assert b"octet-stream" not in answer["header"] and b"X-Other" not in answer["header"]
        assert hashlib.sha256(answer["data"]).digest() == answer["digest"]
        with open("/bin/true", "rb") as program:
            data = program.read()
        answer = link(data, "letter.txt", token=s.content(data)["token"])
        assert (answer["verdict"], answer["verdict_name"]) == ("blocked", b"programs"), answer
        notice = hashlib.sha256(b"notice").digest()
        answer = s.ask(JUDGE_LINK, ("digest", hashlib.sha256(EICAR).digest()),
                       ("notice", notice), ("name", "x"), ("header", header))
        assert answer["action"] == "replace" and answer["digest"] == notice
        assert "data" not in answer and answer["name"] == b"removed.txt"


@test
def messages_teach_no_verdict():
    """What a message tells of its parts at commit is no scan of them."""
    with Service(start=False) as s:
        rules = s.directory + "/rules"
        with open(rules, "w", encoding="utf-8") as out:
            out.write("[rule programs]\ntype=application/x-dosexec\n")
        s.write_config(f"[rules]\nfile={rules}")
        s.start()
        data = EICAR + b" " * 20
        parts = wire_fields(("part", b""), ("name", "notes.txt"), ("header", b"\r\n"), ("offset", 0),
                            ("encoding", "identity"), ("digest", hashlib.sha256(data).digest()),
                            ("data", data), ("flagged", 1), ("verdict", VERDICTS.index("blocked")),
                            ("verdict_name", "programs"), ("incident", "AAAA-BBBB"))
        s.ask(JUDGE_MESSAGE, ("data", b"Subject: s\r\n\r\n"), ("parts", parts))
        answer = s.content(data)
        assert answer["verdict"] == "infected", answer


@test
def clients_teach_no_verdict():
    """A false digest, no time to scan, a change after sealing: nothing of it is remembered."""
    with Service() as s:
        def link(data):
            return s.ask(JUDGE_LINK, ("digest", hashlib.sha256(data).digest()), ("name", "x"),
                         ("header", b"\r\n"))

        s.ask(JUDGE_CONTENT, ("data", b"harmless"), ("digest", hashlib.sha256(EICAR).digest()))
        assert link(EICAR).get("need_data") == 1, "a digest was believed"
        large = Memfd(zipped("x", os.urandom(3000000) + EICAR))
        for _ in range(3):
            never_clean(lambda data: s.content(data, deadline=1), large)
        assert s.content(large)["verdict"] == "infected"
        fd = sealed(b"harmless" * 2000)
        try:
            os.pwrite(fd, EICAR, 0)
            raise AssertionError("a sealed content can be written")
        except PermissionError:
            pass
        os.close(fd)


@test
def a_digest_may_come_after_the_answer():
    """Of a large content that a program asks about and that is dear, and not where a list may want it
    first."""
    with Service() as s:
        for _ in range(20):
            data = HOOK + b"sleep 20 " + os.urandom(200000)
            assert [s.scan(data)["verdict"] for _ in range(2)] == ["clean"] * 2
            assert s.ask(JUDGE_LINK, ("digest", hashlib.sha256(data).digest()),
                         ("name", "a.bin"))["action"] == "pass"
        scans = s.status()["scans"]
        assert (scans["requests"], scans["cache-hits"]) == (60, 40), scans
        s.wait_for(lambda: hashlib.sha256(data).hexdigest()[:16] in s.log())
        data = os.urandom(200000)
        assert s.control("deny-add", sha256=hashlib.sha256(data).hexdigest())["ok"]
        assert s.scan(data)["verdict"] == "infected"


def is_kept(s, data):
    with open(s.directory + "/state/verdicts.lmdb", "rb") as file:
        return hashlib.sha256(data).digest() in file.read()


@test
def one_scan_for_a_thousand():
    """Equal contents are scanned once, also when they come at the same time, and across restarts."""
    with Service(workers=2) as s:
        # Dear for their size, or they were not kept.
        one, other, later = (zipped("x", bytes(10000000) + os.urandom(20)) for _ in range(3))
        kinds = {JUDGE_CONTENT: one, SCAN: other}
        for kind, data in kinds.items():
            before = s.status()["scans"]
            threads = [threading.Thread(target=lambda: [s.ask(kind, ("data", Memfd(data)))
                                                        for _ in range(250)]) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            scans = s.status()["scans"]
            assert scans["scanned"] - before["scanned"] == 1, scans
            assert scans["cache-hits"] - before["cache-hits"] == 999, scans
        for kind in reversed(kinds):
            s.ask(kind, ("data", kinds[JUDGE_CONTENT if kind == SCAN else SCAN]))
        assert s.status()["scans"]["scanned"] == scans["scanned"], "asked in the other way"
        s.wait_for(lambda: all(is_kept(s, data) for data in kinds.values()))
        # In the file, but that may not be committed yet: when what came later is there, it is.
        s.content(later)
        s.wait_for(lambda: is_kept(s, later))
        s.process.kill()
        s.process.wait()
        s.start()
        for kind, data in kinds.items():
            s.ask(kind, ("data", data))
        assert s.status()["scans"]["scanned"] == 0
        # A damaged cache file costs work, nothing else.
        s.stop()
        with open(s.directory + "/state/verdicts.lmdb", "wb") as file:
            file.write(b"not a database")
        s.start()
        assert s.content(EICAR)["verdict"] == "infected"


@test
def crashes_and_hangs_cost_one_scan():
    """A crash, which the same again does not wait for, a hang and a glutton; the next is scanned."""
    most = 15
    with Service(f"[limits]\nmemory=64M\n[service]\ndeadline={most * 1000}\n") as s:
        for hook, deadline in (*[(b"crash", most * 1000)] * 2, (b"hang", 1000), (b"memory", 3000)):
            begin = time.monotonic()
            try:
                answer = s.content(HOOK + hook, deadline=deadline)
                raise AssertionError(answer)
            except Died:
                pass
            spent = time.monotonic() - begin
            assert spent < (most / 2 if hook == b"crash" else most), (hook, spent)
            # As long as its client waits, and not only as long as it may work.
            assert hook != b"hang" or spent >= deadline / 1000, spent
            assert s.content(EICAR)["verdict"] == "infected"
        # A build with address sanitizer has no memory limit: there the glutton ends in time.
        s.wait_for(lambda: lost(s) == 4)
        assert s.status()["workers"]["crashed"] >= 2


def lost(s):
    workers = s.status()["workers"]
    return sum(workers[why] for why in ("crashed", "killed-at-deadline", "killed-without-processor"))


def worker_directories(s):
    base = temp_of(s)
    return [f"{base}/{name}" for name in os.listdir(base) if name.startswith("worker-")]


@test
def health_is_proved_by_a_scan():
    """A worker that finds no EICAR makes the service unprotected, and nothing of the check counts."""
    with Service("[service]\nhealth-interval=1\n") as s:
        s.wait_for(lambda: s.status()["health"]["checks"] >= 2)
        status = s.status()
        assert status["health"]["result"] == "passed" and status["protection"] == "protected"
        assert status["scans"]["requests"] == status["scans"]["scanned"] == 0, status["scans"]
        assert "decision" not in s.log()
        s.wait_for(lambda: len(worker_directories(s)) == 2)
        for path in worker_directories(s):
            os.rename(path, path + "-away")
            os.rmdir(path + "-away")
        s.wait_for(lambda: s.status()["protection"] == "unprotected")
        assert "EICAR" in s.status()["reason"], s.status()["reason"]
        s.kill_workers()
        s.wait_for(lambda: s.status()["protection"] == "protected")


def asking(ask, data):
    """A thread that asks with plenty of time."""
    thread = threading.Thread(target=ask, args=(data,), kwargs={"deadline": 20000})
    thread.start()
    return thread


@contextlib.contextmanager
def held(s, count):
    """So many workers are at work and do not come to an end, until the block does."""
    threads = [asking(lambda data, **more: died(s.content, data, **more), HOOK + b"hang %d" % i)
               for i in range(count)]
    s.wait_for(lambda: s.are_busy(count))
    try:
        yield
    finally:
        s.kill_workers()
        for thread in threads:
            thread.join()


def scrape(s, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(s.directory + "/metrics")
        peer.sendall(request)
        answer = b""
        try:
            while more := peer.recv(65536):
                answer += more
        except ConnectionResetError:
            pass  # closed with part of the request unread
    return answer


@test
def metrics_are_told():
    """What Prometheus reads agrees with what was asked and with the status; its peers may misbehave."""
    with Service(start=False) as s:
        s.write_config(f"[metrics]\nlisten=unix:{s.directory}/metrics\n[service]\ndeadline=20000\n"
                       "background-deadline=20000\n")
        s.start()
        for data in (EICAR, EICAR, b"harmless"):
            s.content(data)
        # A worker books how long it took after the answer has left.
        s.wait_for(lambda: b"storehook_answer_seconds_count 3\n" in scrape(s))
        head, text = scrape(s).decode().split("\r\n\r\n")
        assert head.startswith("HTTP/1.0 200") and f"Content-Length: {len(text)}" in head, head
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        found = dict(line.rsplit(" ", 1) for line in lines)
        assert len(found) == len(lines) and all(float(value) >= 0 for value in found.values())
        families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
        for line in lines:
            name = line.split("{")[0].split()[0]
            assert name in families or name.rsplit("_", 1)[0] in families, name
        wanted = {'verdicts_total{verdict="infected"}': 2, 'verdicts_total{verdict="clean"}': 1,
                  "requests_total": 3, "scans_total": 2, "cache_hits_total": 1, "protected": 1,
                  "answer_seconds_count": 3, 'answer_seconds_bucket{le="+Inf"}': 3,
                  'workers{state="alive"}': 2, "health_check_failed": 0, "condemned": 0}
        for name, value in wanted.items():
            assert float(found["storehook_" + name]) == value, (name, found["storehook_" + name])
        buckets = [float(line.split()[1]) for line in lines if "answer_seconds_bucket" in line]
        assert buckets == sorted(buckets)
        assert scrape(s, b"GET /other HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.0 404")
        assert scrape(s, b"x" * 5000) == b""
        s.control("stop")
        assert b"storehook_protected 0\n" in scrape(s)
        s.control("start")
        # What waits is counted: both workers are held, three more wait, and one in the other queue.
        with held(s, 2):
            threads = [asking(s.content, b"later %d" % i) for i in range(3)]
            threads.append(asking(s.scan, b"later"))
            s.wait_for(lambda: [s.status()["queue"][k] for k in ("store", "background")] == [3, 1])
            assert b'storehook_queued_requests{priority="store"} 3\n' in scrape(s)
        for thread in threads:
            thread.join()
        s.wait_for(lambda: s.status()["queue"]["store"] == 0)
        # Looked at once a second: what came before the first look does not show.
        s.wait_for(lambda: s.content(b"more")["verdict"] == "clean" and
                   s.status()["rates"]["requests-per-second-minute"] > 0)
    with Service(start=False) as s:
        s.write_config("[metrics]\nlisten=127.0.0.1:0\n")
        run = subprocess.run([BUILD + "/scanner/storehookd", "--config", s.config, "--check-config"],
                             capture_output=True, text=True, check=False)
        assert run.returncode == 2 and "[metrics] listen" in run.stderr, run


@test
def gone_clients_are_not_scanned():
    """What nobody waits for any more costs no scan."""
    with Service("[service]\ndeadline=20000\nbackground-deadline=20000\n", workers=1) as s:
        with held(s, 1):
            for i in range(5):
                s.ask(JUDGE_CONTENT, ("data", b"nobody waits %d" % i), read=False)
        s.wait_for(lambda: s.status()["scans"]["abandoned"] == 5)
        assert s.content(b"somebody waits")["verdict"] == "clean"
        assert s.status()["scans"]["scanned"] == 1, s.status()["scans"]


@test
def stores_go_first():
    """What waits is taken by priority: store, then access, then background; and of two workers one
    is free for the store however much background work there is."""
    with Service("[service]\ndeadline=20000\nbackground-deadline=20000\n", workers=1) as s:
        def asking_as(name, number):
            return asking(lambda data, **more: s.ask(SCAN, ("data", data), suffix="." + name, **more),
                          b"%d %s" % (number, name.encode()))

        with held(s, 1):
            threads = [asking_as(name, number)
                       for number, name in enumerate(("background", "access", "store") * 3)]
            s.wait_for(lambda: [s.status()["queue"][q] for q in ("store", "access", "background")] ==
                       [3, 3, 3])
        for thread in threads:
            thread.join()
        s.wait_for(lambda: s.log().count(" of=scan ") == 9)
        log = [line for line in s.log().splitlines() if " of=scan " in line]
        order = [line.split("sha256=")[1][:16] for line in log]
        names = {hashlib.sha256(b"%d %s" % (i, n.encode())).hexdigest()[:16]: n
                 for i in range(10) for n in ("store", "access", "background")}
        assert [names[digest] for digest in order] == ["store"] * 3 + ["access"] * 3 + \
            ["background"] * 3, [names[digest] for digest in order]
    with Service("[service]\nbackground-deadline=20000\n") as s:
        threads = [asking(lambda data, **more: died(s.scan, data, **more), HOOK + b"hang")]
        s.wait_for(lambda: s.are_busy(1))
        threads += [asking(s.scan, b"later %d" % i) for i in range(3)]
        s.wait_for(lambda: s.status()["queue"]["background"] == 3)
        for i in range(20):
            assert s.content(b"harmless %d" % i)["verdict"] == "clean", "background work held it up"
        assert s.status()["queue"]["background"] == 3
        s.kill_workers()
        for thread in threads:
            thread.join()


@test
def kills_at_random_instants():
    """Workers and loaders killed under load: EICAR is never clean, and service is back at once."""
    with Service() as s:
        stop, counts = threading.Event(), [0, 0]

        def load(seed):
            numbers = random.Random(seed)
            while not stop.is_set():
                data = EICAR + b" " * numbers.randrange(50) if numbers.random() < 0.5 else \
                    zipped("x", EICAR + b"%d" % numbers.randrange(10**9))
                counts[never_clean(lambda d: s.content(d, deadline=1000), data)] += 1

        threads = [threading.Thread(target=load, args=(i,)) for i in range(3)]
        for thread in threads:
            thread.start()
        numbers, i = random.Random(4), 0
        while i < 60 or counts[True] <= 100:
            i += 1
            time.sleep(numbers.random() * 0.06)
            workers = s.status()["workers"]
            pid = workers["loader"] if i % 6 == 5 else numbers.choice(workers["processes"] or [0])
            if pid:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        stop.set()
        for thread in threads:
            thread.join()
        s.wait_for(lambda: s.status()["workers"]["alive"] == 2)
        assert s.content(EICAR)["verdict"] == "infected"


@test
def stopped_processes_are_replaced():
    """A stopped worker is killed and another takes its place; of a stopped loader the workers serve
    on until another loader is ready."""
    with Service() as s:
        old = s.status()["workers"]["processes"]
        for pid in old:
            os.kill(pid, signal.SIGSTOP)
        assert s.content(EICAR)["verdict"] == "infected"
        s.wait_for(lambda: not set(old) & set(s.status()["workers"]["processes"]))
        s.wait_for(lambda: s.status()["workers"]["crashed"] == len(old))
        loader = s.status()["workers"]["loader"]
        os.kill(loader, signal.SIGSTOP)
        assert s.content(EICAR + b" ")["verdict"] == "infected"
        s.wait_for(lambda: s.status()["workers"]["loader"] not in (0, loader))
        s.wait_for(lambda: not os.path.exists(f"/proc/{loader}"))
        assert s.content(EICAR + b"  ")["verdict"] == "infected"
        assert f"loader silent pid={loader}" in s.log()


@test
def nothing_outlives_a_killed_supervisor():
    """SIGKILL: no process and no socket that answers is left; the next start sweeps the rest."""
    with Service() as s:
        for _ in range(3):
            children = [s.status()["workers"]["loader"]] + s.status()["workers"]["processes"]
            s.process.kill()
            s.process.wait()
            end = time.monotonic() + PATIENCE
            while not all(map(has_ended, children)):
                assert time.monotonic() < end, "children survived"
                time.sleep(0.01)
            # A worker of the last instant may take the question with it.
            refused = False
            while not refused:
                assert time.monotonic() < end, "somebody takes questions"
                try:
                    s.content(EICAR, patience=1)
                    raise AssertionError("answered without a service")
                except Died:
                    pass
                except OSError:
                    refused = True
            base = temp_of(s)
            assert os.path.isdir(base)
            os.mkdir(base + "/20260101_000000-scantemp.0123456789")
            s.start()
            assert not os.path.exists(base + "/20260101_000000-scantemp.0123456789")
            assert s.content(EICAR)["verdict"] == "infected"
        other = subprocess.run([BUILD + "/scanner/storehookd", "--config", s.config],
                               stderr=subprocess.PIPE, text=True, timeout=20, check=False)
        assert other.returncode == 1 and "another storehookd" in other.stderr, other
        assert s.content(EICAR)["verdict"] == "infected", "the second one broke the first"


@test
def reload_refuses_bad_configuration():
    """SIGHUP takes a good configuration over, and keeps the old one when the new one is bad."""
    with Service() as s:
        generation = s.status()["generation"]
        s.write_config("[actions]\ninfected=refuse\n")
        s.process.send_signal(signal.SIGHUP)
        s.wait_for_change(lambda: s.content(EICAR)["action"] == "refuse")
        assert s.status()["generation"] == generation + 1
        s.write_config("[actions]\ninfected=maybe\n")
        s.process.send_signal(signal.SIGHUP)
        s.wait_for(lambda: "maybe" in s.log())
        assert s.content(EICAR)["action"] == "refuse"


def without_temp(s, spoil, mend, word):
    """Spoils each worker's directory; contents must come out as not scanned, never clean."""
    before = s.status()["passed-not-scanned"][word]
    assert s.content(EICAR)["verdict"] == "infected"
    spoil()  # at once: a worker that has just tried its directory must see it too
    sent = 0
    for i in range(40):
        data = zipped("x", EICAR + b"%d" % i)
        answer = s.content(data)
        assert answer["verdict"] != "clean", answer
        sent += answer["verdict"] == "not-scanned" and answer["action"] == "pass"
    assert sent > 0
    assert s.status()["passed-not-scanned"][word] - before == sent, "the count is not exact"
    mend()
    s.wait_for(lambda: s.content(unseen(30))["verdict"] == "clean")
    assert s.status()["unscanned"]["total"] == sent


@test
def temporary_directory_gone():
    with Service() as s:
        base = temp_of(s)
        s.wait_for(lambda: len(worker_directories(s)) == 2)
        moved = [(path, path.replace("worker-", "away-")) for path in worker_directories(s)]

        def spoil():
            for here, there in moved:
                os.rename(here, there)
                os.rmdir(there)

        without_temp(s, spoil, s.kill_workers, "temporary-directory")


@test
def temporary_directory_full():
    if os.geteuid() != 0:
        print("  skipped: needs root to mount a small tmpfs")
        return
    temp = tempfile.mkdtemp(prefix="storehook-temp-")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", temp],
                      check=False).returncode != 0:
        print("  skipped: no tmpfs can be mounted here")
        os.rmdir(temp)
        return
    try:
        with Service(temp=temp) as s:
            def spoil():
                with open(temp + "/fill", "wb", buffering=0) as out:
                    try:
                        while out.write(b"x" * 4096):
                            pass
                    except OSError:
                        pass
            without_temp(s, spoil, lambda: os.unlink(temp + "/fill"), "temporary-directory")
            # Room for the probe, but not for what is unpacked.
            with open(temp + "/fill", "wb") as out:
                out.write(bytes(os.statvfs(temp).f_bavail * 4096 - 16384))
            for i in range(10):
                data = zipped("x", EICAR * 2000 + b"%d" % i)
                assert s.content(data)["verdict"] != "clean"
    finally:
        subprocess.run(["umount", "-l", temp], check=False)
        os.rmdir(temp)


def kernel_knows(layer):
    if layer == "seccomp":
        return os.path.exists("/proc/sys/kernel/seccomp/actions_avail")
    if layer == "landlock":
        # landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)
        return ctypes.CDLL(None).syscall(444, None, 0, 1) >= 1
    return True


@test
def the_cage_holds():
    """From inside a worker: no file outside its directory, no socket, no process, no code."""
    with Service(workers=1) as s:  # it has answered: a second one may not be in its cage yet
        layers = s.status()["cage"]
        refused = [layer for layer, holds in layers.items() if not holds]
        assert len(layers) == 6 and not [one for one in refused if kernel_knows(one)], layers
        answer = s.scan(HOOK + b"cage")
        if refused:
            print("  the kernel refuses:", refused)
        else:
            assert answer["verdict_name"] == b"cage:", answer
        for pid in s.status()["workers"]["processes"]:
            for limit in (resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
                assert resource.prlimit(pid, limit) == (0, 0), limit
            assert max(resource.prlimit(pid, resource.RLIMIT_NOFILE)) <= 1024
            if not is_sanitized():
                assert resource.RLIM_INFINITY not in resource.prlimit(pid, resource.RLIMIT_DATA)
            with open(f"/proc/{pid}/status", encoding="ascii") as text:
                capabilities = [line.split() for line in text if line.startswith(("CapEff", "CapPrm"))]
            assert [int(mask, 16) for _, mask in capabilities] == [0, 0], capabilities
            with open(f"/proc/{pid}/oom_score_adj", encoding="ascii") as text:
                assert int(text.read()) == 500, "a store would be killed for want of memory first"
        # What it may do it can: unpack in its own directory.
        assert s.content(zipped("x", EICAR))["verdict"] == "infected"


@test
def strangers_and_nonsense():
    """Unsealed memfds, wrong sizes, wrong digests, garbage: no crash, no clean, all counted."""
    with Service() as s:
        numbers = random.Random(1)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(5)
            sender.connect(s.socket + ".store")
            good = encode(JUDGE_CONTENT, [("data", EICAR)], 1000, [])
            for i in range(300):
                data = bytearray(good)
                for _ in range(1 + i % 5):
                    data[numbers.randrange(len(data))] = numbers.randrange(256)
                sender.send(bytes(data[:numbers.randrange(len(data) + 1)] if i % 3 else data))
        s.wait_for(lambda: s.status()["scans"]["refused"] >= 300)
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        unsealed = os.memfd_create("x")
        os.write(unsealed, b"harmless" * 2000)
        body = FIELD.pack(TAGS.index("data"), 2, 16000)
        request = HEADER.pack(MAGIC, VERSION, JUDGE_CONTENT, HEADER.size + len(body), 1, 9, 1000, 1)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(s.socket + ".store")
            socket.send_fds(sender, [request + body], [theirs.fileno(), unsealed])
        theirs.close()
        mine.settimeout(5)
        answer = decode(mine.recv(65536), [])
        assert answer["verdict"] == "not-scanned", answer
        s.ask(JUDGE_CONTENT, ("data", b"x"), ("digest", bytes(32)))
        assert s.status()["scans"]["digest-mismatches"] == 1
        s.ask(JUDGE_CONTENT, ("data", HOOK + b"sleep 300"), read=False)
        s.wait_for(lambda: s.are_busy(0))
        assert s.status()["workers"]["crashed"] == 0


def ask_as_nobody(s, suffix, kind, *fields):
    """By a socket that another user got hold of; no bytes where nobody answers."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(s.socket + suffix)
        child = os.fork()
        if child == 0:
            os.setresuid(65534, 65534, 65534)
            fds = [theirs.fileno()]
            socket.send_fds(sender, [encode(kind, fields, 1000, fds)], fds)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    theirs.close()
    mine.settimeout(PATIENCE)
    with mine:
        return mine.recv(65536)


def control_answers_nobody(s):
    """Where the modes of the socket let him by."""
    os.chmod(s.directory, 0o711)
    os.chmod(s.socket + ".control", 0o666)
    child = os.fork()
    if child == 0:
        os.setresuid(65534, 65534, 65534)
        answers = False
        try:
            answers = "protection" in s.status()
        finally:
            os._exit(answers)
    return os.waitpid(child, 0)[1] != 0


@test
def only_users_named_may_ask():
    """Neither workers nor supervisor take a question of another user, unless he is named, and nobody
    but root rules. Only root can be somebody else."""
    if os.getuid() != 0:
        return
    for users, verdict in (("root", None), ("root;65534", "infected")):
        with Service(f"[service]\nusers={users}\n") as s:
            answer = ask_as_nobody(s, ".store", JUDGE_CONTENT, ("data", EICAR))
            assert (decode(answer, [])["verdict"] if answer else None) == verdict, answer
            assert s.status()["scans"]["refused"] == (verdict is None)
            fd = os.open("/proc/self/exe", os.O_PATH)
            answer = ask_as_nobody(s, "", HELLO, ("executable", fd), ("program", "test"),
                                   ("instance", b"i" * 16))
            os.close(fd)
            assert bool(answer) == bool(verdict), answer
            assert not control_answers_nobody(s)


@test
def handshake():
    """Only listed executables are hooked; the page cannot be written; stop and start show in it."""
    with Service() as s:
        def hello(path, instance=b"i" * 16):
            fd = os.open(path, os.O_PATH)
            try:
                return s.ask(HELLO, ("executable", fd), ("program", "test"),
                             ("instance", instance), suffix="")
            finally:
                os.close(fd)

        answer = hello("/proc/self/exe")
        assert answer["answer"] == 1 and answer["deadline"] == 5000
        assert b"contents contents digest=digest data=data\n" in answer["profile"]
        import mmap
        page = mmap.mmap(answer["page"], 16, mmap.MAP_SHARED, mmap.PROT_READ)
        try:
            os.write(answer["page"], b"x")
            raise AssertionError("the page can be written")
        except OSError:
            pass
        assert page[8:12] == b"\1\0\0\0"
        s.control("stop")
        assert page[8:12] == b"\0\0\0\0" and s.status()["protection"] == "stopped"
        s.control("start")
        assert page[8:12] == b"\1\0\0\0"
        hooked = [c for c in s.status()["clients"] if c["hooked"]]
        assert [c["pid"] for c in hooked] == [os.getpid()], s.status()["clients"]
        # A store that waited in vain goes on without, whatever comes later.
        s.process.send_signal(signal.SIGSTOP)
        fd = os.open("/proc/self/exe", os.O_PATH)
        s.ask(HELLO, ("executable", fd), ("program", "test"), ("instance", b"i" * 16), suffix="",
              read=False)
        os.close(fd)
        s.process.send_signal(signal.SIGCONT)
        s.wait_for(lambda: "answer=too-late" in s.log())
        assert not [c for c in s.status()["clients"] if c["hooked"]], s.status()["clients"]
        answer = hello("/bin/true", b"j" * 16)
        assert answer["answer"] == 0 and "profile" not in answer
        totals = struct.pack("=5Q", 3, 2, 1, 0, 0)
        for _ in range(2): # twice is harmless
            s.ask(REPORT, ("instance", b"i" * 16), ("unscanned", totals), suffix="", read=False)
        s.wait_for(lambda: s.status()["unscanned"]["total"] == 6)


@test
def worn_workers_are_replaced():
    with Service("[service]\nscans-per-worker=20\n") as s:
        for i in range(300):
            never_clean(s.content, EICAR + b" " * (i % 50))
        assert s.status()["workers"]["replaced-when-worn"] >= 10
        assert s.status()["workers"]["crashed"] == 0


@test
def sigterm_drains():
    """A request in work is answered before the service ends, with status 0."""
    with Service() as s:
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(s.content(HOOK + b"sleep 2000")))
        thread.start()
        s.wait_for(lambda: s.are_busy(1))
        assert s.stop() == 0
        thread.join()
        assert answers and answers[0]["verdict"] == "clean", answers
        assert not os.path.exists(s.socket)


if __name__ == "__main__":
    sys.exit(main())
