#!/usr/bin/env python3
"""A private Slurm cluster of one node for as long as somebody holds its stdin open.

    cluster.py FOLDER        (prints `ready FOLDER/slurm.conf`; Ctrl-D ends it)

munged, slurmctld and slurmd run as children in the foreground with all their files in FOLDER, bound to this machine.
The end of stdin ends them, their jobs too, however the process that held it came to its end. The node claims CPUs and
a GPU that the machine doesn't have: what is tested is how jobs are asked for, not how fast they are.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

DAEMONS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "scontrol")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
CPUS = 32
LONGEST_FOLDER = 60  # Unix sockets in it have names of at most 107 bytes

CONF = """\
ClusterName=kindling
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
# A requeued job waits for as long as a credential holds; 120 s by default
AuthInfo=socket={folder}/munge.socket,cred_expire=5
{bind}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
TmpFS={folder}
# neither control groups nor limits, which need rights that a container lacks
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
MailProg=/bin/true
MpiDefault=none
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,bf_continue
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
# what can never run is refused at once
EnforcePartLimits=ANY
MinJobAge=3600
KillWait=10
CompleteWait=0
ReturnToService=2
AccountingStorageType=accounting_storage/none
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 Port={node_port} CPUs={cpus} RealMemory=65536 Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=other Nodes={host} Default=NO MaxTime=60 State=UP
"""


def missing():
    """The first program of Slurm that isn't installed, or None."""
    return next((name for name in DAEMONS if not shutil.which(name, path=PATH)), None)


def free_ports():
    """Two ports that nobody listens on; they are closed again, so that a rare start fails."""
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def user():
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


def write_configuration(folder):
    host = socket.gethostname().split(".")[0]
    port, node_port = free_ports()
    try:
        local = socket.gethostbyname(socket.gethostname()) == "127.0.0.1"
    except OSError:
        local = False
    # NoInAddrAny binds to the address of the host's name: right where that is 127.0.0.1, else jobs would hang.
    bind = "CommunicationParameters=NoInAddrAny,NoCtldInAddrAny" if local else ""
    folder.chmod(0o755)  # munged insists
    for name in ("state", "spool", "munge", "log"):
        (folder / name).mkdir()
    (folder / "munge").chmod(0o700)
    (folder / "slurm.conf").write_text(CONF.format(host=host, port=port, node_port=node_port, user=user(), bind=bind,
                                                   folder=folder, cpus=CPUS))
    (folder / "gpu0").symlink_to("/dev/null")  # a GPU's file must be a device
    (folder / "gres.conf").write_text(f"Name=gpu File={folder}/gpu0\n")


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "PATH": PATH, "SLURM_CONF": str(folder / "slurm.conf")}
        self.daemons = []

    def call(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30)

    def launch(self, name, *command):
        with open(self.folder / "log" / name, "ab") as log:
            self.daemons.append(subprocess.Popen([name, *map(str, command)], env=self.environment, stdout=log,
                                                 stderr=log, stdin=subprocess.DEVNULL, start_new_session=True))

    def wait_for(self, condition, what):
        for _ in range(300):
            if condition():
                return
            if any(daemon.poll() is not None for daemon in self.daemons):
                break
            time.sleep(0.1)
        logs = [f"{log}: {log.read_text(errors='replace')[-1500:]}" for log in (self.folder / "log").iterdir()]
        raise RuntimeError(f"{what} did not come up\n" + "\n".join(logs))

    def start(self):
        folder, munge = self.folder, self.folder / "munge"
        write_configuration(folder)
        made = self.call("mungekey", "--create", f"--keyfile={munge}/key")
        if made.returncode:
            raise RuntimeError(f"mungekey: {made.stderr}")
        self.launch("munged", "--foreground", f"--key-file={munge}/key", f"--socket={folder}/munge.socket",
                    f"--pid-file={munge}/pid", f"--seed-file={munge}/seed", f"--log-file={munge}/log")
        self.wait_for((folder / "munge.socket").exists, "munged")
        self.launch("slurmctld", "-D")
        self.launch("slurmd", "-D")
        self.wait_for(lambda: self.call("sinfo", "-h", "-o", "%t").stdout.startswith("idle"), "the node")

    def answers(self):
        """Whether slurmctld runs; without it every client waits for a minute."""
        return any(daemon.args[0] == "slurmctld" and daemon.poll() is None for daemon in self.daemons)

    def job_processes(self):
        """What outlives slurmd: slurmstepd and the jobs that it started, known by this cluster's configuration."""
        wanted = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                environment = (entry / "environ").read_bytes().split(b"\0")
                in_job = any(word.startswith(b"SLURM_JOB_ID=") for word in environment)
                if wanted in environment and (in_job or "slurmstepd" in os.readlink(entry / "exe")):
                    yield int(entry.name)

    def stop(self):
        if self.answers():
            self.call("scancel", "--user", user())
        for _ in range(50):
            if not self.answers() or not self.call("squeue", "-h").stdout.strip():
                break
            time.sleep(0.1)
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
        for process in self.job_processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]).resolve()
    if missing():
        sys.exit(f"{missing()} is not installed (packages slurm-wlm and munge)")
    if len(str(folder)) > LONGEST_FOLDER:
        sys.exit(f"{folder}: its name is too long for sockets (more than {LONGEST_FOLDER})")
    # Not a child of the test, so that nothing that ends the test and its children ends this before it has cleaned up.
    if os.fork():
        os._exit(0)
    os.setsid()
    cluster = Cluster(folder)
    try:
        cluster.start()
        print(f"ready {folder}/slurm.conf", flush=True)
        sys.stdin.buffer.read()
    except Exception as error:
        print(f"failed {error}", flush=True)
    finally:
        cluster.stop()
        print("stopped", flush=True)


if __name__ == "__main__":
    main()
