"""Runs gnuplot: a figure's SVG, to stand among others in one page, and its PNG beside the report."""

import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import List, Set

from durable import publish

from .figures import described, panels
from .gnuplot_script import gnuplot_script
from .study_files import Figure

SVG = "http://www.w3.org/2000/svg"
HREF = "{http://www.w3.org/1999/xlink}href"
NO_GNUPLOT = "No plots: gnuplot is not installed (apt install gnuplot-nox brings it); the tables are complete."


@dataclass
class Plot:
    title: str
    alt: str  # the figure in words
    svg: str = ""
    png: str = ""  # from the report's folder
    problem: str = ""  # why there is no SVG


def drop_unused(root: ElementTree.Element) -> None:
    """What gnuplot puts into every drawing and this one doesn't use: groups without a child, marks without a use; and
    what is so without being said."""
    text = ElementTree.tostring(root, encoding="unicode")
    for parent in root.iter():
        if (parent.get("stroke-linecap"), parent.get("stroke-linejoin")) == ("butt", "miter"):
            del parent.attrib["stroke-linecap"], parent.attrib["stroke-linejoin"]
        for element in list(parent):
            name = element.get("id")
            is_empty = element.tag == f"{{{SVG}}}g" and len(element) == 0
            is_unused = parent.tag == f"{{{SVG}}}defs" and f'"#{name}"' not in text and f"#{name})" not in text
            if is_empty or is_unused:
                parent.remove(element)


def embedded(svg: str, prefix: str, title: str, alt: str) -> str:
    """A drawing as a part of a page: its ids are no other drawing's, and it has a name and words for who can't see."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(svg)
    drop_unused(root)
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, prefix + value)
            elif name in ("href", HREF) and value.startswith("#"):
                element.set(name, f"#{prefix}{value[1:]}")
            elif "url(" in value:
                element.set(name, re.sub(r"url\((['\"]?)#", rf"url(\g<1>#{prefix}", value))
    for tag, text in (("title", title), ("desc", alt)):
        label = root.find(f"{{{SVG}}}{tag}")
        label.set("id", prefix + tag)
        label.text = text
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}title {prefix}desc")
    return re.sub(r">\s+<", "><", ElementTree.tostring(root, encoding="unicode"))


def run_gnuplot(script: str, folder: str) -> str:
    """Draws into the folder; returns what went wrong, if anything did."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        result = subprocess.run(["gnuplot", "--default-settings", "-"], input=script.encode(), cwd=folder,
                                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"gnuplot could not draw this: {error}"
    if result.returncode or not Path(folder, "figure.svg").is_file():
        said = result.stderr.decode(errors="replace").split("\n")
        return "gnuplot could not draw this: " + next((line for line in said if "line " in line), said[0]).strip()
    return ""


def plot_part(part: Figure, whole: Figure, folder: Path, name: str, quick: bool) -> Plot:
    plot = Plot(part.title, described(part))
    script = gnuplot_script(part, whole, quick)
    if script is None:
        plot.problem = "Nothing to plot: there is no value that can be drawn."
        return plot
    with tempfile.TemporaryDirectory(dir=folder, prefix=".plot-") as place:
        plot.problem = run_gnuplot(script, place)
        if plot.problem:
            return plot
        svg, png = Path(place, "figure.svg"), Path(place, "figure.png")
        try:
            plot.svg = embedded(svg.read_text(encoding="utf-8"), f"{name}-", part.title, plot.alt)
        except (ElementTree.ParseError, AttributeError, ValueError) as error:
            plot.problem = f"gnuplot drew what is no SVG with a title: {error}"
        if png.is_file() and png.stat().st_size:
            publish(png, folder / f"{name}.png")
            plot.png = f"{folder.name}/{name}.png"
    return plot


def file_name(experiment: str, identity: str, taken: Set[str]) -> str:
    """cN-ID, with nothing in it that a file name or an id can't hold, and no other figure's."""
    wanted = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{experiment}-{identity}")
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    taken.add(name)
    return name


def plot_figure(figure: Figure, out: Path, experiment: str, taken: Set[str], quick: bool) -> List[Plot]:
    """The figure's panels; without gnuplot none."""
    if not shutil.which("gnuplot"):
        return []
    folder = out / "plots"
    folder.mkdir(exist_ok=True)
    return [plot_part(part, figure, folder, file_name(experiment, part.id, taken), quick) for part in panels(figure)]
