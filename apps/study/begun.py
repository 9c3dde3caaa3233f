"""begun.json: what an experiment was begun with, and why one that is there must be measured again."""
from __future__ import annotations

import os
import secrets
from datetime import datetime, timezone
from pathlib import Path

import durable
from records import read_json


def utc() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def new_id() -> str:
    return secrets.token_hex(8)


def forced_file(out: Path) -> Path:
    return out / "forced.json"


def force_id(out: Path, task: str) -> str:
    """The name of this call with --force. One that was cut off, by a signal, by Slurm or by a full disk, leaves its
    name in OUT/forced.json: the same command goes on under it, and what it has forced already isn't forced again."""
    before = read_json(forced_file(out))
    if before.get("task") == task and before.get("id"):
        return before["id"]
    made = new_id()
    durable.write_json(forced_file(out), {"task": task, "id": made})
    return made


def end_force(out: Path) -> None:
    durable.remove(forced_file(out))


def set_aside(out: Path, task: str) -> str:
    """Moves OUT/TASK to OUT/earlier/TASK-N, N counting from 1."""
    number = 1
    while (out / "earlier" / f"{task}-{number}").exists():
        number += 1
    target = out / "earlier" / f"{task}-{number}"
    durable.make_folder(target.parent)
    try:
        os.rename(out / task, target)
    except OSError as error:
        raise durable.output_error(target, error) from None
    return str(target.relative_to(out))


def differences(before: dict, now: dict) -> str:
    return ", ".join(f"{key} {before.get(key)}, now {value}" for key, value in now.items() if before.get(key) != value)


def result_id(out: Path, task: str) -> str | None:
    """Of a result that others may be made from; another measuring gives another id."""
    result = read_json(out / task / "result.json")
    return result.get("id") if result.get("status") == "done" else None


def outdated(begun: dict, needs: dict[str, str | None], is_done: bool) -> list[str]:
    """The experiments that have been measured again since this one was begun from them. One that couldn't begin because
    they had failed was made from nothing."""
    before = begun.get("needs", {})
    return [task for task, now in needs.items() if before.get(task) != now and (before.get(task) or is_done)]


def why_again(begun: dict, options: dict, needs: dict[str, str | None], is_done: bool, force: str) -> str:
    """Why what is there can't be used or gone on with; empty where it can."""
    if not begun:
        return ""
    if force and begun.get("forced_by") != force:
        return "repeated (--force)"
    if begun.get("options") != options:
        return f"begun with other options ({differences(begun.get('options', {}), options)})"
    others = outdated(begun, needs, is_done)
    return f"made from an earlier {' and '.join(others)}" if others else ""
