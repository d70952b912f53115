# SPDX-License-Identifier: GPL-2.0-or-later
"""peers.py - what a user would pick instead, from Debian's packages: Dovecot, Postfix, clamd with
clamav-milter. Each runs in the foreground on loopback from a scratch directory with its own
configuration, and is gone when the rig is.

Settings are Debian's where they matter for speed or safety (mail is synced before it is
acknowledged), but that mail goes to system user "mail" and processes are kept ready, which favours
the peer.
"""
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from rig import free_ports, wait_until  # noqa: E402  pylint: disable=wrong-import-position

DOVECOT = """
base_dir = {where}/run
state_dir = {where}/state
log_path = {where}/dovecot.log
protocols = lmtp imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_uid = mail
mail_gid = mail
mail_location = {format}:{where}/mail/%n
auth_username_format = %n
default_client_limit = 1000
userdb {{
  driver = static
  args = uid=mail gid=mail home={where}/mail/%n
}}
passdb {{
  driver = static
  args = nopassword=y
}}
service lmtp {{
  unix_listener {where}/lmtp {{
    mode = 0666
  }}
  process_min_avail = 8
  service_count = 0
}}
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service stats {{
  client_limit = 1000
}}
"""

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {where}/spool
data_directory = {where}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = bench.example.net
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = static:all
virtual_transport = lmtp:unix:{lmtp}
smtpd_recipient_restrictions = permit_mynetworks, reject
message_size_limit = 104857600
maillog_file = {where}/maillog
maillog_file_prefixes = {where}
{milter}
"""

POSTFIX_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

CLAMD = """
LocalSocket {where}/clamd.sock
DatabaseDirectory {signatures}
TemporaryDirectory {where}/tmp
Foreground yes
LogFile {where}/clamd.log
SelfCheck 0
MaxThreads 12
"""

MILTER = """
MilterSocket unix:{where}/milter.sock
MilterSocketMode 666
ClamdSocket unix:{where}/clamd.sock
TemporaryDirectory {where}/tmp
Foreground yes
LogFile {where}/milter.log
OnInfected Blackhole
AddHeader No
"""


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def accepts_unix(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(path)
    return True


class Dovecot:
    """LMTP into Maildir or mdbox, and IMAP; scans nothing."""

    def __init__(self, rig, kind):
        self.where = f"{rig.scratch}/dovecot-{kind}"
        self.lmtp_path, self.imap_port = self.where + "/lmtp", free_ports(1)[0]
        mail = pwd.getpwnam("mail")
        for name in ("", "/run", "/state", "/mail"):
            os.mkdir(self.where + name)
        os.chmod(rig.scratch, 0o711)
        os.chown(self.where + "/mail", mail.pw_uid, mail.pw_gid)
        configuration = write(self.where + "/dovecot.conf",
                              DOVECOT.format(where=self.where, format=kind,
                                             imap_port=self.imap_port))
        self.process = rig.spawn(["dovecot", "-F", "-c", configuration], f"dovecot-{kind}")
        wait_until(lambda: accepts_unix(self.lmtp_path), f"dovecot ({kind}) to answer")


class Clamd:
    """clamd and clamav-milter with the signatures that storehookd has."""

    def __init__(self, rig):
        self.where = rig.scratch + "/clamd"
        os.mkdir(self.where)
        os.mkdir(self.where + "/tmp")
        settings = {"where": self.where, "signatures": rig.signatures}
        rig.spawn(["clamd", "-c", write(self.where + "/clamd.conf", CLAMD.format(**settings))],
                  "clamd")
        wait_until(lambda: accepts_unix(self.where + "/clamd.sock"), "clamd to answer")
        rig.spawn(["clamav-milter", "-c",
                   write(self.where + "/milter.conf", MILTER.format(**settings))], "clamav-milter")
        self.milter = self.where + "/milter.sock"
        wait_until(lambda: accepts_unix(self.milter), "clamav-milter to answer")


class Postfix:
    """SMTP on a port, LMTP to `lmtp_path`, optionally through a milter."""

    def __init__(self, rig, name, lmtp_path, milter=None):
        self.where, self.port = f"{rig.scratch}/postfix-{name}", free_ports(1)[0]
        os.chmod(rig.scratch, 0o711)
        for folder in ("", "/data", "/spool"):
            os.mkdir(self.where + folder)
        shutil.chown(self.where + "/data", "postfix", "root")
        lines = f"smtpd_milters = unix:{milter}\nmilter_default_action = tempfail\n" if milter else ""
        write(self.where + "/main.cf",
              POSTFIX_MAIN.format(where=self.where, lmtp=lmtp_path, milter=lines))
        write(self.where + "/master.cf", POSTFIX_MASTER.format(port=self.port))
        self.command = ["postfix", "-c", self.where]
        run = subprocess.run([*self.command, "start"], capture_output=True, text=True, check=False)
        rig.at_exit.append(lambda: subprocess.run([*self.command, "stop"], capture_output=True,
                                                  check=False))
        if run.returncode:
            raise AssertionError(f"postfix: {run.stderr}")
        wait_until(self.answers, f"postfix ({name}) to answer")

    def answers(self):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=5) as client:
            return client.noop()[0] == 250

    def queued(self):
        return sum(len(files) for folder in ("maildrop", "incoming", "active", "deferred", "hold")
                   for _, _, files in os.walk(f"{self.where}/spool/{folder}"))

    def wait_empty(self, seconds=120):
        deadline = time.monotonic() + seconds
        while self.queued():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.queued()} messages still in the queue")
            time.sleep(0.005)
