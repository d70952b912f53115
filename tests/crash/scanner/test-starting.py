#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts a real storehookd where something stands in its way: what is there stays, and the log says why."""
import glob
import os
import re
import socket
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import *  # noqa: E402,F403
from wire import *  # noqa: E402,F403


@test
def a_file_in_the_way_stays():
    for suffix in ("", ".store", ".access", ".background", ".control"):
        with Service(start=False) as s:
            path = s.socket + suffix
            with open(path, "w", encoding="ascii") as out:
                out.write("precious")
            s.start(wait=False)
            assert s.process.wait(PATIENCE) == 1
            assert path in s.log(), s.log()
            with open(path, encoding="ascii") as text:
                assert text.read() == "precious"
            assert not sockets_of(s), "sockets stay that nobody reads"


@test
def what_cannot_be_listened_on_is_named():
    with Service(start=False) as s:
        s.write_config("[metrics]\nlisten=unix:/nowhere/metrics\n")
        assert re.search(r"storehookd\.conf:\d+: \[metrics\] listen: unix:/nowhere/metrics: ",
                         refusal(s)), s.log()
        assert not sockets_of(s), "sockets stay that nobody reads"


@test
def what_cannot_be_opened_is_told_with_its_key():
    """File, line and reason, as of any other mistake in the configuration."""
    for section, key, value in (("service", "state-directory", "/etc/passwd"),
                                ("service", "temporary-directory", "/nowhere"),
                                ("service", "socket", "/etc/passwd/s"),
                                ("signatures", "directory", "/nowhere"),
                                ("quarantine", "directory", "/etc/passwd"),
                                ("log", "file", "/nowhere/log")):
        with Service(start=False) as s:
            s.write_config(f"[{section}]\n{key}={value}\n")
            with open(s.config, encoding="utf-8") as text:
                line = text.read().splitlines().index(f"{key}={value}") + 1
            assert f"{s.config}:{line}: [{section}] {key}: /" in refusal(s), s.log()


@test
def a_program_that_is_not_there_is_warned_of():
    """Else a slip in its name would leave the store unprotected while the status says protected."""
    with Service() as s:
        listed = os.path.realpath("/proc/self/exe")
        assert s.status()["warnings"] == []
        s.write_config(f"[clients]\nexecutables={listed};/usr/sbin/mailstore\n")
        s.control("reload")
        assert s.status()["warnings"] == \
            ["no program is at /usr/sbin/mailstore, which is to be hooked"]


def sockets_of(s):
    return [path for path in [s.socket, *glob.glob(s.socket + ".*")]
            if os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode)]


def refusal(s):
    """Why it does not start."""
    s.start(wait=False)
    assert s.process.wait(PATIENCE) == 1
    return s.log()


@test
def a_service_manager_hears_when_it_serves():
    """Not before: a store that starts then writes nothing unscanned. By the protocol of sd_notify(3)."""
    with Service(start=False) as s:
        for path in (s.directory + "/notify", "@" + s.directory):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(path.replace("@", "\0"))
                manager.settimeout(PATIENCE)
                s.start(wait=False, environment={"NOTIFY_SOCKET": path})
                assert manager.recv(100) == b"READY=1"
                assert "signatures loaded" in s.log(), s.log()
                s.stop()


@test
def a_socket_of_others_stays():
    """A path that another program listens on is no path for metrics; one that was left behind is."""
    with Service(start=False) as s:
        path = s.directory + "/other"
        s.write_config(f"[metrics]\nlisten=unix:{path}\n")
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            other.listen()
            assert f"[metrics] listen: unix:{path}: " in refusal(s), s.log()
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
        s.start()
        assert os.path.exists(path)
    assert not os.path.exists(path)


@test
def a_directory_of_others_is_not_used():
    """Who could write there could allow a content, forge verdicts, or take a socket's place."""
    with Service(start=False) as s:
        for key, modes in (("state-directory", (0o777, 0o1777)), ("socket", (0o777,)), ("directory", (0o777,))):
            path = f"{s.directory}/{key}"
            os.mkdir(path)
            section = "quarantine" if key == "directory" else "service"
            s.write_config(f"[{section}]\n{key}={path}{'/s' if key == 'socket' else ''}\n")
            for mode in modes:
                os.chmod(path, mode)
                assert f" {key}: {path}: everybody may write there" in refusal(s), s.log()
            if os.geteuid() == 0:
                os.chmod(path, 0o700)
                os.chown(path, 65534, 65534)
                assert f" {key}: {path}: it belongs to another user" in refusal(s), s.log()
        assert not os.listdir(s.directory + "/socket"), "something stands where others may write"


@test
def one_service_a_state_directory():
    """Nor a quarantine: neither another socket is a way in, nor one that somebody removed."""
    with Service() as s:
        where = f"{s.directory}/state"
        with Service(f"[service]\nstate-directory={where}\n", start=False) as other:
            assert f"{where}: another storehookd keeps its records there" in refusal(other)
        with Service(f"[quarantine]\ndirectory={where}/quarantine\n", start=False) as other:
            assert f"{where}/quarantine: another storehookd keeps its quarantine there" in refusal(other)
        for path in [s.socket, *glob.glob(s.socket + ".*")]:
            os.unlink(path)
        run = subprocess.run([BUILD + "/scanner/storehookd", "--config", s.config],
                             stderr=subprocess.PIPE, text=True, timeout=20, check=False)
        assert run.returncode == 1 and f"{where}: another storehookd" in run.stderr, run
        s.process.terminate()
        assert s.process.wait(PATIENCE) == 0
        s.start()
        assert s.content(EICAR)["verdict"] == "infected"


@test
def warnings_stand_in_the_log():
    """Those of modules as well: with a time, on one line, where the log is."""
    with Service(start=False) as s:
        s.write_config(f"[log]\nfile={s.directory}/file\n")
        os.makedirs(f"{s.directory}/state/quarantine")
        with open(f"{s.directory}/state/quarantine/{'0' * 32}.shq", "w", encoding="ascii") as out:
            out.write("nonsense")
        s.start()
        with open(f"{s.directory}/file", encoding="utf-8") as log:
            assert any(re.fullmatch(r'\S+Z warning reason="quarantine: .*; set aside as .*\.damaged"\n', line)
                       for line in log)
        assert s.log() == ""


@test
def a_log_that_was_moved_is_begun_anew():
    """By a reload, as logrotate asks for it; a decision of a worker stands in the new one."""
    with Service(start=False) as s:
        path = s.directory + "/file"
        s.write_config(f"[log]\nfile={path}\n")
        s.start()
        os.rename(path, path + ".1")
        assert s.control("reload")["ok"]
        assert s.content(EICAR)["verdict"] == "infected"
        s.wait_for(lambda: "verdict=infected" in open(path, encoding="utf-8").read())
        with open(path + ".1", encoding="utf-8") as old:
            assert "signatures loaded" in old.read()
        os.rename(path, path + ".1")
        os.mkdir(path)
        answer = s.control("reload")
        assert not answer["ok"] and path in answer["error"], answer


if __name__ == "__main__":
    sys.exit(main())
