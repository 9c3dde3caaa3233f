"""What a study's folder holds: study.json and a result.json per experiment, checked and as plain data."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional

from .checked import Checked, Damaged, read, scalar

ORDER = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "scaling")
KINDS = ("lines", "points", "bars", "stacked")


@dataclass
class Column:
    title: str
    unit: str
    digits: Optional[int]  # after the decimal point


@dataclass
class Table:
    title: str
    csv: str
    columns: List[Column]
    rows: List[List[Any]]


@dataclass
class Series:
    name: str
    x: List[Any]
    y: List[Any]
    low: List[Any]  # as long as y, or empty
    high: List[Any]


@dataclass
class Figure:
    id: str
    title: str
    kind: str
    x_label: str
    y_label: str
    x_log: bool
    y_log: bool
    categories: List[str]
    series: List[Series]


@dataclass
class MadeBy:
    """What measured an experiment, on which machine, and what was seen there before."""
    commit: str
    machine: Dict[str, Any]
    preflight: List[str]


@dataclass
class Result:
    title: str
    status: str
    quick: bool
    started: str
    seconds: Any
    commands: List[str]
    tables: List[Table]
    figures: List[Figure]
    verdicts: List[str]
    warnings: List[str]
    notes: List[str]
    files: List[str]
    options: Dict[str, Any] = field(default_factory=dict)  # those it depends on
    made_by: Optional["MadeBy"] = None


@dataclass
class Experiment:
    name: str
    result: Optional[Result] = None
    damage: str = ""  # why there is no result although there is a file

    @property
    def heading(self) -> str:
        return self.name.upper() if self.name[1:].isdigit() else self.name.capitalize()

    @property
    def state(self) -> str:
        if self.result:
            return self.result.status
        return "damaged" if self.damage else "not run"


@dataclass
class Study:
    created: str = ""
    commit: str = ""
    machine: Dict[str, Any] = field(default_factory=dict)
    options: Dict[str, Any] = field(default_factory=dict)
    quick: bool = False
    preflight: List[str] = field(default_factory=list)
    damage: str = ""
    experiments: List[Experiment] = field(default_factory=list)


def table(data: Checked) -> Table:
    columns = []
    for column in data.objects("columns"):
        digits = column.whole("digits")
        if digits is not None and not 0 <= digits <= 20:
            raise Damaged(f"{column.path('digits')}: 0 to 20 wanted, found {digits}")
        columns.append(Column(column.text("title") or column.text("name"), column.text("unit"), digits))
    rows = []
    for number, row in enumerate(data.get("rows", list, [])):
        where = f"{data.path('rows')}[{number}]"
        if not isinstance(row, list) or len(row) != len(columns):
            found = len(row) if isinstance(row, list) else "no list"
            raise Damaged(f"{where}: {len(columns)} values wanted, one for each column, found {found}")
        rows.append([scalar(value, where) for value in row])
    return Table(data.text("title"), data.text("csv"), columns, rows)


def figure(data: Checked) -> Figure:
    kind, categories, series = data.text("kind"), data.texts("categories"), []
    if kind not in KINDS:
        raise Damaged(f"{data.path('kind')}: one of {', '.join(KINDS)} wanted, found '{kind}'")
    for one in data.objects("series"):
        found = Series(one.text("name"), *(one.scalars(key) for key in ("x", "y", "low", "high")))
        if kind in ("bars", "stacked"):
            found.x = list(range(len(categories)))
        for key in ("y", "low", "high"):
            count = len(getattr(found, key))
            if count != len(found.x) and (count or key == "y"):
                raise Damaged(f"{one.path(key)}: {len(found.x)} values wanted, found {count}")
        series.append(found)
    return Figure(data.text("id", "figure"), data.text("title"), kind, data.text("x_label"), data.text("y_label"),
                  data.flag("x_log"), data.flag("y_log"), categories, series)


def made_by(data: Checked) -> Optional[MadeBy]:
    one = Checked(data.get("made_by", dict, {}), data.path("made_by"))
    return MadeBy(one.text("commit"), one.mapping("machine"), one.texts("preflight")) if one.value else None


def result(data: Checked) -> Result:
    return Result(data.text("title"), data.text("status"), data.flag("quick"), data.text("started"),
                  data.get("seconds", (int, float), None), data.texts("commands"),
                  [table(one) for one in data.objects("tables")], [figure(one) for one in data.objects("figures")],
                  data.texts("verdicts"), data.texts("warnings"), data.texts("notes"), data.texts("files"),
                  data.mapping("options"), made_by(data))


def read_experiment(out: Path, name: str) -> Experiment:
    try:
        return Experiment(name, result(read(out / name / "result.json")))
    except FileNotFoundError:
        return Experiment(name)
    except Damaged as damage:
        return Experiment(name, damage=f"{name}/result.json: {damage}")


def read_study(out: Path) -> Study:
    study = Study()
    try:
        data = read(out / "study.json")
        study = Study(data.text("created"), data.text("commit"), data.mapping("machine"), data.mapping("options"),
                      data.flag("quick"), data.texts("preflight"))
    except FileNotFoundError:
        study.damage = "study.json: there is no such file"
    except Damaged as damage:
        study.damage = f"study.json: {damage}"
    others = {file.parent.name for file in out.glob("*/result.json")} - set(ORDER)
    others = {name for name in others if re.fullmatch("[A-Za-z0-9_-]+", name)}
    study.experiments = [read_experiment(out, name) for name in (*ORDER, *sorted(others))]
    study.quick = study.quick or any(one.result and one.result.quick for one in study.experiments)
    return study
