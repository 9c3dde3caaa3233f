"""What an experiment found: tables, figures and sentences, as result.json and CSV files."""
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import durable

FORMAT = 1


@dataclass(frozen=True)
class Column:
    name: str  # in the CSV
    title: str  # in the report
    unit: str = ""
    digits: int = 0

    def as_json(self) -> dict:
        return {"name": self.name, "title": self.title, "unit": self.unit, "digits": self.digits}


def series(name: str, x: list, y: list, intervals: list | None = None) -> dict:
    made = {"name": name, "x": list(x), "y": list(y)}
    if intervals:
        made["low"] = [interval.low for interval in intervals]
        made["high"] = [interval.high for interval in intervals]
    return made


def calls_note(calls: int, what: str = "Measured") -> str:
    return f"{what} in {calls} calls of the study: what is before and after an interruption is of different times."


@dataclass
class Result:
    task: str
    title: str
    quick: bool
    tables: list[dict] = field(default_factory=list)
    figures: list[dict] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    exit_status: int = 0  # of the study, where the finding itself is a fault

    def add_table(self, out: Path, name: str, title: str, columns: list[Column], rows: list[list]) -> None:
        """In the report, and as OUT/TASK/NAME.csv."""
        path = f"{self.task}/{name}.csv"
        durable.write_csv(out / path, [column.name for column in columns], rows)
        self.tables.append({"id": name, "title": title, "csv": path, "columns": [c.as_json() for c in columns],
                            "rows": rows})

    def add_figure(self, name: str, title: str, kind: str, labels: tuple[str, str], lines: list[dict],
                   categories: list[str] | None = None, x_log: bool = False, y_log: bool = False) -> None:
        self.figures.append({"id": name, "title": title, "kind": kind, "x_label": labels[0], "y_label": labels[1],
                             "x_log": x_log, "y_log": y_log, "categories": categories or [], "series": lines})

    def as_json(self, **more) -> dict:
        return {"format": FORMAT, "task": self.task, "title": self.title, "quick": self.quick, **more,
                "tables": self.tables, "figures": self.figures, "verdicts": self.verdicts, "warnings": self.warnings,
                "notes": self.notes, "files": self.files}
