"""C2: where the seconds of C1's epochs go."""
from __future__ import annotations

from pathlib import Path

from failure import INTERNAL, StudyError
from options import SIZE
from records import read_csv, read_epochs, read_json
from results import Column, Result, calls_note, series
from study import Study
from tasks.c1 import NAME
from tasks.common import own_verdict, run_files, size_note

TITLE = "Seconds of loading, training and all, by epoch and phase"
NEEDS = ("c1",)
DEPENDS_ON = (*SIZE, "epochs")
PHASES = {"data_s": "waiting for data", "copy_s": "copy", "forward_s": "forward", "backward_s": "backward",
          "optimizer_s": "optimizer", "launch_s": "launch", "wait_s": "waiting for the GPU", "metrics_s": "metrics",
          "evaluation_s": "evaluation", "checkpoint_s": "checkpoint", "other_s": "other"}
DEVICE = {"device_copy_s": "copy", "device_forward_s": "forward", "device_backward_s": "backward",
          "device_optimizer_s": "optimizer"}
LARGEST_GAP = 0.01
LARGEST_OTHER = 0.02
LEAST_DRAWN = 0.001  # of the time: a smaller part of a bar can't be seen


def measure(study: Study) -> None:
    """All is in C1's run."""


def add_epochs(study: Study, result: Result, epochs: list[dict]) -> None:
    columns = [Column("epoch", "epoch"), Column("data_s", "loading", "s", 3), Column("train_s", "training", "s", 3),
               Column("eval_s", "evaluation", "s", 3), Column("total_s", "all", "s", 3),
               Column("images_per_s", "training", "images/s", 1), Column("peak_rss_mb", "memory", "MB", 0)]
    rows = [[row[column.name] for column in columns] for row in epochs]
    result.add_table(study.out, "epochs", "Loading, training and all", columns, rows)


def add_phases(study: Study, result: Result, phases: list[dict]) -> None:
    used = [name for name in PHASES if any(row[name] for row in phases)]
    columns = [Column("epoch", "epoch"), Column("wall_s", "all", "s", 3)]
    columns += [Column(name, PHASES[name], "s", 3) for name in used]
    result.add_table(study.out, "phases", "The trainer's seconds by phase", columns,
                     [[row[column.name] for column in columns] for row in phases])
    wall = sum(row["wall_s"] for row in phases)
    drawn = [name for name in used if sum(row[name] for row in phases) >= LEAST_DRAWN * wall]
    result.add_figure("phases", "Seconds of an epoch by phase", "stacked", ("epoch", "seconds"),
                      [series(PHASES[name], list(range(len(phases))), [row[name] for row in phases]) for name in drawn],
                      categories=[str(row["epoch"]) for row in phases])
    if len(drawn) < len(used):
        result.notes.append(f"Phases of less than {100 * LEAST_DRAWN:.1f} % of the time are in the table only.")
    columns = [Column("epoch", "epoch"), Column("loader_busy_s", "filling batches", "s", 3),
               Column("loader_blocked_s", "blocked, ring full", "s", 3), Column("loader_idle_s", "idle", "s", 3),
               Column("ring_depth", "batches ready when asked", "", 2)]
    result.add_table(study.out, "loader", "The loader's workers, all together", columns,
                     [[row[column.name] for column in columns] for row in phases])
    if any(row["device_forward_s"] is not None for row in phases):
        columns = [Column("epoch", "epoch")] + [Column(name, text, "s", 3) for name, text in DEVICE.items()]
        result.add_table(study.out, "device", "The GPU's seconds, by events; they overlap with the trainer's", columns,
                         [[row[column.name] for column in columns] for row in phases])


def accounting(phases: list[dict]) -> list[str]:
    """Verdict: do the phases add up?"""
    wall = sum(row["wall_s"] for row in phases)
    parts = sum(row[name] for row in phases for name in PHASES)
    other = sum(row["other_s"] for row in phases)
    gap = abs(parts - wall) / wall
    good = gap <= LARGEST_GAP and other / wall <= LARGEST_OTHER
    verb = "holds" if good else "does NOT hold"
    return [f"The phases add up to {parts:.2f} s of {wall:.2f} s ({100 * gap:.2f} % apart; at most 1 % is wanted), and "
            f"{100 * other / wall:.2f} % is other (at most 2 %): the accounting {verb}."]


def shares(phases: list[dict]) -> str:
    wall = sum(row["wall_s"] for row in phases)
    sums = sorted(((sum(row[name] for row in phases), PHASES[name]) for name in PHASES), reverse=True)
    parts = ", ".join(f"{text} {100 * seconds / wall:.1f} %" for seconds, text in sums[:4] if seconds > 0)
    return f"Of {wall:.1f} s in {len(phases)} epochs: {parts}."


def interruptions(study: Study, folder: Path) -> list[str]:
    """What must be known of a run that was stopped and went on: its logs have all of it, its record has its end."""
    calls = read_json(study.out / "c1" / "begun.json").get("calls", 1)
    notes = [calls_note(calls, "C1 was measured")] if calls > 1 else []
    if calls > 1 or read_json(folder / "run.json").get("resumed"):
        notes.append("The tables have all epochs; the run's own verdict and the times in its run.json are of its last "
                     "call only" + (", which trained no batch." if not own_verdict(folder) else "."))
    return notes


def evaluate(study: Study) -> Result:
    folder = study.run_folder(NAME, "c1")
    result = Result("c2", TITLE, study.options.quick)
    epochs = read_epochs(folder)
    if not epochs:
        raise StudyError(INTERNAL, f"c2: wanted C1's epochs in {folder}, found none: its run diverged in the first one")
    phases = read_csv(folder / "phases.csv", "epoch", "wall_s", *PHASES, *DEVICE, "loader_busy_s", "ring_depth")
    add_epochs(study, result, epochs)
    add_phases(study, result, phases)
    result.verdicts.append(shares(phases))
    result.verdicts += accounting(phases)
    text = own_verdict(folder).get("text")
    result.verdicts += [f"The run's own verdict: {text}"] if text else []
    result.notes += interruptions(study, folder)
    result.notes += [size_note(study.options),
                     "Loading is the trainer's wait for the next batch; training is forward, backward and optimizer."]
    result.files += run_files(study, NAME, "epochs.csv", "phases.csv", "run.json", task="c1")
    return result
