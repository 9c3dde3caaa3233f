#!/usr/bin/env python3
"""The report of a study: everything that the files hold is in it, it stands alone, and damage is said, not hidden."""

import contextlib
import html.parser
import io
import json
import math
import os
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "apps" / "study"))
import made_up_study  # noqa: E402
from failure import OUTPUT, StudyError  # noqa: E402
from report import render  # noqa: E402
from report.figures import MOST_POINTS, panels, thinned  # noqa: E402
from report.gnuplot_script import gnuplot_script  # noqa: E402
from report.plots import embedded  # noqa: E402
from report.study_files import Figure, Series  # noqa: E402
from report.values import NOTHING, written  # noqa: E402

VOID = {"meta", "br", "link", "img", "hr", "input"}
GNUPLOT = shutil.which("gnuplot")


class Page(html.parser.HTMLParser):
    """What is to be known of a page: balance, ids, references, cells, headings, and its text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.errors, self.ids, self.references, self.cells = [], [], [], [], []
        self.headings, self.scopes, self.words, self.tags = [], [], [], set()
        self.feed(text)
        self.close()
        self.errors += self.open

    def handle_starttag(self, tag, attributes):
        self.look(tag, dict(attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")
            self.scopes += [dict(attributes).get("scope")] if tag == "th" else []
        if tag == "h2":
            self.headings.append("")

    def handle_startendtag(self, tag, attributes):
        self.look(tag, dict(attributes))

    def look(self, tag, attributes):
        self.tags.add(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.references += [value for name, value in attributes.items() if name in ("href", "src", "xlink:href")]
        self.references += re.findall(r"url\(['\"]?([^'\")]+)", " ".join(value or "" for value in attributes.values()))
        self.errors += [name for name in attributes if name.startswith("on")]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"</{tag}>")

    def handle_data(self, data):
        self.words.append(data)
        if "td" in self.open or "th" in self.open:
            self.cells[-1] += data
        if "h2" in self.open:
            self.headings[-1] += data


class ReportTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name, "out")
        made_up_study.write(self.out)

    def render(self):
        """The page, the Markdown, and what was said on stderr."""
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            render(self.out)
        page = Page((self.out / "report.html").read_text(encoding="utf-8"))
        self.assertEqual(page.errors, [], "tags don't balance, or scripts")
        self.assertEqual(len(page.ids), len(set(page.ids)), "an id is there twice")
        self.assertFalse(page.tags & {"script", "link", "img", "iframe", "object"})
        for reference in page.references:
            if reference.startswith("#"):
                self.assertIn(reference[1:], page.ids)
            else:
                self.assertTrue((self.out / reference).is_file(), f"{reference} is not in the folder")
        self.assertEqual([file.name for file in self.out.rglob("*.tmp")], [])
        return page, (self.out / "report.md").read_text(encoding="utf-8"), errors.getvalue()

    def change(self, name, **values):
        file = self.out / name / "result.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **values}))

    def results(self):
        return {file.parent.name: json.loads(file.read_text()) for file in self.out.glob("*/result.json")}

    def test_every_value_verdict_warning_and_command_is_there(self):
        page, markdown, _ = self.render()
        text, plain = " ".join(page.words), markdown.replace("\\", "")
        cells = set(page.cells)
        for result in self.results().values():
            for table in result["tables"]:
                for row in table["rows"]:
                    for value, column in zip(row, table["columns"]):
                        shown = written(value, column["digits"])
                        self.assertIn(shown, cells)
                        self.assertIn(shown, plain)
            for words in (*result["verdicts"], *result["warnings"], *result["notes"], *result["commands"]):
                self.assertIn(words, text)
                self.assertIn(words, plain)
        self.assertLessEqual(set(page.scopes), {"col", "row"})
        self.assertIn("The load average is 1.9", text)

    def test_experiments_are_in_order_and_their_absence_and_failure_are_said(self):
        page, markdown, _ = self.render()
        names = [heading.split(":")[0].strip() for heading in page.headings]
        self.assertEqual(names, ["What was run", "Summary", *(f"C{i}" for i in range(1, 8)), "Scaling"])
        text = " ".join(page.words)
        self.assertIn("This study has no result of it. kindling-study c5 measures it.", text)
        self.assertIn("It did not end well", text)
        self.assertIn("**Not run.**", markdown)
        self.assertIn("c1/runs/gone.csv (missing)", "".join(page.words))

    def test_quick_is_stamped_and_only_quick(self):
        self.assertNotIn("QUICK", "".join(self.render()[0].words))
        shutil.rmtree(self.out)
        made_up_study.write(self.out, quick=True)
        page, markdown, _ = self.render()
        text = "".join(page.words)
        self.assertIn("@top-center", text)  # in the style sheet: on each printed page
        self.assertEqual([heading for heading in page.headings[2:] if "QUICK" not in heading], ["C5"])
        self.assertIn("QUICK: Kindling study", markdown)

    def test_one_quick_result_stamps_the_report(self):
        self.change("c3", quick=True)
        page, _, _ = self.render()
        self.assertIn("QUICK: Kindling study", page.words)

    def test_text_is_data(self):
        evil = '<script>alert("1")</script> & | ` * \u202e \x1b[31m $x\n# y'
        self.change("c1", title=evil, verdicts=[evil], warnings=[evil], notes=[evil], commands=[evil, "```"],
                    files=["javascript:alert(1)", "../../secret", "https://example.org/x"],
                    tables=[{"title": evil, "csv": "javascript:alert(1)", "columns": [{"title": evil, "unit": evil}],
                             "rows": [[evil], ["plain"]]}],
                    figures=[{"id": evil, "title": evil, "kind": "bars", "x_label": evil, "y_label": evil,
                              "categories": [evil], "series": [{"name": evil, "y": [1]}]}])
        page, markdown, errors = self.render()
        self.assertNotIn("\x1b", markdown + errors + "".join(page.words))
        self.assertNotIn("could not draw", errors)
        self.check_markdown_tables(markdown, 7)

    def test_damage_is_one_line_and_the_rest_is_rendered(self):
        row = {"columns": [{"title": "a"}, {"title": "b"}], "rows": [[1, 2], [3]]}
        cases = {"{": "Expecting", "[]": "an object wanted, found a list", '{"format": 2}': "format 1 wanted, found 2",
                 json.dumps({"format": 1, "tables": [row]}): "tables[0].rows[1]: 2 values wanted",
                 json.dumps({"format": 1, "figures": [{"kind": "pie"}]}): "figures[0].kind: one of lines",
                 json.dumps({"format": 1, "figures": [{"kind": "lines", "series": [{"x": [1], "y": [1, 2]}]}]}):
                     "figures[0].series[0].y: 1 values wanted, found 2",
                 "[" * 100000: "", "\udcff": ""}
        with mock.patch.dict(os.environ, PATH=""):
            for content, complaint in cases.items():
                with self.subTest(content[:60]):
                    (self.out / "c3" / "result.json").write_text(content, errors="surrogateescape")
                    page, markdown, errors = self.render()
                    said = [line for line in errors.splitlines() if "c3/result.json" in line]
                    self.assertEqual(len(said), 1, errors)
                    self.assertIn(complaint, said[0])
                    self.assertIn("c3/result.json", "".join(page.words))
                    self.assertIn("Damaged", markdown)
                    self.assertIn("With and without batch norm", "".join(page.words))

    def test_a_missing_study_file_is_said(self):
        (self.out / "study.json").unlink()
        page, _, errors = self.render()
        self.assertIn("study.json: there is no such file", errors)
        self.assertIn("study.json: there is no such file", page.words)

    def test_without_gnuplot_tables_stay_and_one_line_says_what_to_install(self):
        with mock.patch.dict(os.environ, PATH=""):
            page, markdown, errors = self.render()
        self.assertEqual(errors.count("\n"), 1)
        for text in (errors, " ".join(page.words), markdown.replace("\\", "")):
            self.assertEqual(text.count("apt install gnuplot-nox"), 1)
        self.assertNotIn("svg", page.tags)
        self.assertIn("0.7995", page.cells)

    def test_a_gnuplot_that_fails_is_said_at_its_figure(self):
        (self.out / "bin").mkdir()
        fake = self.out / "bin" / "gnuplot"
        fake.write_text("#!/bin/sh\ncat >/dev/null\necho 'line 3: it broke' >&2\nexit 1\n")
        fake.chmod(0o755)
        with mock.patch.dict(os.environ, PATH=f"{fake.parent}:{os.environ['PATH']}"):
            page, _, errors = self.render()
        self.assertIn("gnuplot could not draw this: line 3: it broke", page.words)
        self.assertIn("c1, figure 'Top-1 per epoch': gnuplot could not draw this", errors)
        self.assertFalse([file for file in self.out.joinpath("plots").iterdir()])

    def test_a_gnuplot_that_draws_no_svg_is_said_at_its_figure(self):
        fake = self.out / "bin" / "gnuplot"
        fake.parent.mkdir()
        for drawing in ("no XML", "<svg xmlns='http://www.w3.org/2000/svg'/>"):
            fake.write_text(f'#!/bin/sh\ncat >/dev/null\nprintf %s "{drawing}" >figure.svg\n')
            fake.chmod(0o755)
            with mock.patch.dict(os.environ, PATH=f"{fake.parent}:{os.environ['PATH']}"):
                page, _, errors = self.render()
            self.assertIn("c1, figure 'Top-1 per epoch': gnuplot drew what is no SVG with a title", errors)
            self.assertNotIn("svg", page.tags)

    def test_a_folder_for_plots_that_cannot_be_made_is_an_error_of_output(self):
        (self.out / "plots").write_text("a file")
        with mock.patch("report.plots.shutil.which", return_value="gnuplot"), self.assertRaises(StudyError) as raised:
            self.render()
        self.assertEqual(raised.exception.status, OUTPUT)

    @unittest.skipUnless(GNUPLOT, "gnuplot is not installed")
    def test_plots_have_names_words_and_png(self):
        page, markdown, errors = self.render()
        self.assertEqual(errors, "")
        text = " ".join(page.words)
        self.assertIn("train: 5 values, lowest 22, highest 65.12, last 65.12.", text)
        pictures = re.findall(r"!\[.*\]\((.*)\)", markdown)
        self.assertEqual(len(pictures), 13)
        for picture in pictures:
            self.assertEqual((self.out / picture).read_bytes()[:4], b"\x89PNG")
        self.assertEqual(len([word for word in page.ids if word.endswith("-title")]), 13)

    def check_markdown_tables(self, markdown, count):
        tables = re.findall(r"(?:^\|.*\n)+", markdown, re.MULTILINE)
        self.assertEqual(len(tables), count)
        for table in tables:
            lines = table.splitlines()
            self.assertEqual(len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}), 1, table)
            self.assertEqual(len({len(line) for line in lines}), 1, table)
            self.assertRegex(lines[1], r"^[|:\- ]+$")

    def test_markdown_tables_have_equal_rows(self):
        self.check_markdown_tables(self.render()[1], 7)

    def test_an_unwritable_folder_is_an_error_and_keeps_the_old_report(self):
        with mock.patch.dict(os.environ, PATH=""):
            self.render()
            before = (self.out / "report.html").read_text()
            with mock.patch("durable.os.replace", side_effect=OSError(28, "no space left")):
                with self.assertRaisesRegex(StudyError, "can't be written: no space"), \
                        contextlib.redirect_stderr(io.StringIO()):
                    render(self.out)
        self.assertEqual((self.out / "report.html").read_text(), before)
        self.assertEqual(list(self.out.glob(".report*")), [])


class ValuesTest(unittest.TestCase):
    def test_numbers(self):
        for value, digits, text in ((1.23456, 3, "1.235"), (2, 2, "2.00"), (2, None, "2"), (1.23456, None, "1.235"),
                                    (0, 2, "0.00"), (0.00001, 3, "1.00e-05"), (-0.0004, 3, "-4.00e-04"),
                                    (3.2e12, 2, "3.20e+12"), (None, 3, NOTHING), (True, None, "yes"),
                                    (math.nan, 2, "NaN"), (-math.inf, 2, "-inf"), ("diverged", 2, "diverged"),
                                    (1234567, 0, "1234567"), (10**400, 2, str(10**400))):
            self.assertEqual(written(value, digits), text)


def figure(kind, series, **more):
    return Figure("f", "F", kind, "x", "y", more.get("x_log", False), more.get("y_log", False),
                  more.get("categories", []), series)


class FiguresTest(unittest.TestCase):
    def script(self, one):
        return gnuplot_script(panels(one)[0], one, False)

    def test_values_that_cannot_be_drawn_are_left_out(self):
        values = [1.0, math.nan, None, "diverged", math.inf, 10**400, 0.0, 2.0]
        script = self.script(figure("lines", [Series("a", list(range(8)), values, [], [])], y_log=True))
        block = script.split("$s0 << END\n")[1].split("\nEND")[0]
        self.assertEqual([line.split()[:2] for line in block.splitlines() if line], [["0.0", "1.0"], ["7.0", "2.0"]])

    def test_nothing_to_draw(self):
        for one in (figure("lines", []), figure("lines", [Series("a", [1], [None], [], [])]), figure("bars", [])):
            self.assertIsNone(gnuplot_script(one, one, False))

    def test_many_lines_become_panels_of_one_range(self):
        one = figure("lines", [Series(f"s{i}", [1, 2], [i, 10 * i], [], []) for i in range(1, 12)])
        parts = panels(one)
        self.assertEqual([len(part.series) for part in parts], [4, 4, 3])
        ranges = {re.search("set yrange .*", gnuplot_script(part, one, False))[0] for part in parts}
        self.assertEqual(ranges, {"set yrange [* < 1.0 : 110.0 < *]"})

    def test_a_stack_adds_up_and_leaves_out_what_is_nowhere(self):
        one = figure("stacked", [Series("a", [0, 1], [1, 2], [], []), Series("none", [0, 1], [0, None], [], []),
                                 Series("b", [0, 1], [3, None], [], [])], categories=["p", "q"])
        script = self.script(one)
        self.assertNotIn("'none'", script)
        top = script.split("$s1 << END\n")[1].split("\nEND")[0].split()
        self.assertEqual([float(value) for value in top[4:6]], [1.0, 4.0])

    def test_thinning_keeps_the_extremes(self):
        long = [(float(i), float(i % 7), 0.0, 0.0) for i in range(50000)]
        long[31234] = (31234.0, 99.0, 0.0, 0.0)
        kept = thinned(long)
        self.assertLessEqual(len(kept), MOST_POINTS + 2)
        self.assertIn(long[31234], kept)

    def test_ids_of_a_drawing_become_its_own_and_text_stays(self):
        svg = ('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><title>x</title>'
               "<desc>x</desc><circle id='dot'/><use xlink:href='#dot' fill='url(#dot)'/><text>id='dot'</text></svg>")
        text = embedded(svg, "c1-", "T", "A")
        self.assertIn('id="c1-dot"', text)
        self.assertIn('xlink:href="#c1-dot"', text)
        self.assertIn("url(#c1-dot)", text)
        self.assertIn("<text>id='dot'</text>", text)

    def test_what_a_drawing_does_not_use_is_left_out(self):
        svg = ('<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><title>x</title>'
               "<desc>x</desc><defs><circle id='dot1'/><circle id='dot10'/></defs><g/><g><use xlink:href='#dot10'/></g>"
               '<g stroke-linecap="butt" stroke-linejoin="miter"><path d="M0,0"/></g></svg>')
        text = embedded(svg, "c1-", "T", "A")
        self.assertEqual(text.count("<circle"), 1)
        self.assertIn('<circle id="c1-dot10"', text)
        self.assertEqual(text.count("<g>"), 2)
        self.assertNotIn("miter", text)


if __name__ == "__main__":
    unittest.main()
