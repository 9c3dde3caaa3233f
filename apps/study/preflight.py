"""What would spoil the results, told before anything is measured. Pure functions of facts; facts.py gathers them."""
from __future__ import annotations

from dataclasses import dataclass

from programs import TRAIN, Build

NETWORK_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "9p", "afs",
                        "fuse.sshfs", "panfs", "pvfs2", "orangefs", "wekafs")
SLOW_READ_MB_PER_S = 100  # CIFAR-10 is 180 MB; a loader that decodes nothing delivers more than this
# Learning rates at which the optimizer trains this network; outside it is likely to diverge or to stand still.
FIT_RATES = {"sgd": (1e-4, 1.0), "nesterov": (1e-4, 1.0), "adagrad": (1e-4, 0.1), "adadelta": (0.01, 10.0),
             "adam": (1e-6, 0.01)}


@dataclass(frozen=True)
class Facts:
    cpus: int
    on_gpu: bool
    device: str
    gpus: int
    workers: int
    threads: int  # 0: one for each CPU
    workers_list: tuple[int, ...]  # of C3; empty where it isn't measured
    environment: dict[str, str]
    file_system: str
    read_mb_per_s: float | None
    load: float
    builds: dict[str, Build]
    sources_commit: str | None
    rates: tuple[tuple[str, float, str], ...]  # optimizer, learning rate, where


def threads_warnings(facts: Facts) -> list[str]:
    found = []
    threads = 1 if facts.on_gpu else facts.threads or facts.cpus
    if facts.workers + threads > facts.cpus:
        found.append(f"{facts.workers} loader workers and {threads} compute threads share {facts.cpus} CPUs, so "
                     "loading and computing slow each other down: ask for more CPUs, or fewer --workers or --threads")
    over = [count for count in facts.workers_list if count + threads > facts.cpus]
    if over:
        found.append(f"C3 and C4 measure {', '.join(map(str, over))} workers beside {threads} compute threads on "
                     f"{facts.cpus} CPUs: they take turns, so that more workers slow computing down; alone, more "
                     "workers than CPUs can only hide waiting for storage")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_THREAD_LIMIT"):
        value = facts.environment.get(name, "")
        if value.isdigit() and int(value) > facts.cpus:
            found.append(f"{name}={value}, but the job has {facts.cpus} CPUs: threads take turns")
    return found


def device_warnings(facts: Facts) -> list[str]:
    if facts.device == "cuda" and facts.gpus == 0:
        return ["--device cuda, but nvidia-smi shows no GPU: ask for one (sbatch --gres=gpu:1), or give --device cpu"]
    train = facts.builds.get(TRAIN)
    if facts.device != "cpu" and facts.gpus > 0 and train and not train.cuda:
        return [f"there is a GPU, but {TRAIN} is built without CUDA: the CPU is measured (build preset cuda-release; "
                "--device cpu says that the CPU is meant)"]
    return []


def data_warnings(facts: Facts) -> list[str]:
    found = []
    if facts.file_system in NETWORK_FILE_SYSTEMS:
        found.append(f"the data lie on a network file system ({facts.file_system}): copy them to a local disk "
                     "($SLURM_TMPDIR) first, else other users' traffic is measured too")
    if facts.read_mb_per_s is not None and facts.read_mb_per_s < SLOW_READ_MB_PER_S:
        found.append(f"the data are read from the disk at {facts.read_mb_per_s:.0f} MB/s, less than "
                     f"{SLOW_READ_MB_PER_S}: first epochs wait for the disk until the system has the files in memory")
    return found


def rate_warnings(facts: Facts) -> list[str]:
    found = []
    for optimizer, rate, where in facts.rates:
        low, high = FIT_RATES[optimizer]
        if not low <= rate <= high:
            found.append(f"{where}: a learning rate of {rate:g} is unfit for {optimizer}, which trains at {low:g} to "
                         f"{high:g}: expect no learning or a loss that isn't finite")
    return found


def load_warnings(facts: Facts) -> list[str]:
    if facts.load > max(0.5, 0.25 * facts.cpus):
        return [f"other work is running: the load average of the last minute is {facts.load:.1f} for {facts.cpus} "
                "CPUs; times will be too long and vary"]
    return []


def build_warnings(facts: Facts) -> list[str]:
    found = []
    for name, build in facts.builds.items():
        if build.sanitizer:
            found.append(f"{name} is built with {build.sanitizer}: its times mean nothing (use preset cpu-release)")
        elif build.build_type not in ("Release", "RelWithDebInfo"):
            found.append(f"{name} is a {build.build_type or 'nameless'} build: its times mean nothing (use preset "
                         "cpu-release)")
        if build.changed:
            found.append(f"{name} was built from sources that are not committed: its commit {build.commit} doesn't say "
                         "what ran")
    commits = {build.commit for build in facts.builds.values()}
    if len(commits) > 1:
        found.append("the programs are of different commits: "
                     + ", ".join(f"{name} {build.commit}" for name, build in facts.builds.items()))
    elif commits and facts.sources_commit and not facts.sources_commit.startswith(next(iter(commits))):
        found.append(f"the programs are of commit {next(iter(commits))}, the sources around them of "
                     f"{facts.sources_commit[:10]}: build again")
    return found


def warnings(facts: Facts) -> list[str]:
    checks = (build_warnings, device_warnings, threads_warnings, load_warnings, data_warnings, rate_warnings)
    return [warning for check in checks for warning in check(facts)]
