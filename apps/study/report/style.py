"""The report's style sheet: for a screen, a phone and paper (A4)."""

STYLE = """\
:root { --ink: #1b1f23; --quiet: #57606a; --line: #d0d7de; --soft: #f6f8fa; --link: #0550ae; --bad: #a40e26; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 3.5rem; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.5rem 4rem; color: var(--ink); background: #fff;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0 1rem; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 3rem 0 .75rem;
  padding-top: .75rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p, ul { margin: .5rem 0; max-width: 50rem; text-wrap: pretty; }
ul { padding-left: 1.3rem; }
li { margin: .2rem 0; }
a { color: var(--link); }
p, li, dd, td, th, figcaption { overflow-wrap: anywhere; }
code, pre { font: .85em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { background: var(--soft); border: 1px solid var(--line); padding: .6rem .8rem; margin: .3rem 0 1rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--link); }
.quiet { color: var(--quiet); font-size: .875rem; }
.state { font-size: .8rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
.state.bad { color: var(--bad); }
.verdicts { border-left: 4px solid #0072b2; padding: .1rem 0 .1rem 1rem; margin: .75rem 0; list-style: none; }
.warnings { border-left: 4px solid #d55e00; padding: .4rem 1rem; margin: .75rem 0;
  background: #fff8f0; max-width: 52rem; }
.warnings.bad { border-color: var(--bad); background: #fff5f5; }
.warnings ul { margin: .2rem 0; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem 1.25rem; margin: .5rem 0; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; }
.quick { position: sticky; top: 0; z-index: 2; background: #ffe08a; border: 2px solid #7a4d00; color: #3d2600;
  padding: .4rem .8rem; margin: 0 0 1rem; max-width: none; }
.quick strong { letter-spacing: .12em; }
.watermark { display: none; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); gap: 1.5rem;
  margin: 1.25rem 0; }
figure { margin: 0; min-width: 0; max-width: 42rem; }
figure svg { display: block; width: 100%; height: auto; }
figure:only-child { grid-column: 1 / -1; }
figcaption { font-weight: 600; margin-bottom: .3rem; }
figcaption a { font-weight: 400; font-size: .875rem; }
.scroll { overflow-x: auto; margin: 1.25rem 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; font-size: 1rem; padding-bottom: .3rem; }
caption a { font-weight: 400; font-size: .875rem; }
th, td { padding: .25rem .65rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line);
  overflow-wrap: normal; }
thead th { border-bottom: 2px solid var(--ink); vertical-align: bottom; line-height: 1.25; }
tbody th { font-weight: 400; }
tbody th:not(.n) { min-width: 7em; }
.crowded table { font-size: .8rem; }
.crowded th, .crowded td { padding: .25rem .35rem; }
tbody tr:nth-child(even) { background: var(--soft); }
.n { text-align: right; }
td.n, th.n[scope=row] { white-space: nowrap; }
td.words { text-align: left; min-width: 10rem; }
.unit { display: block; font-weight: 400; color: var(--quiet); }
@media (max-width: 40rem) {
  body { padding: .75rem .9rem 3rem; }
  h1 { font-size: 1.5rem; }
  h2 { font-size: 1.25rem; margin-top: 2.25rem; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd { margin-bottom: .4rem; }
  .scroll { border-right: 1px solid var(--line); }
  caption { position: sticky; left: 0; }
}
@page { size: A4; margin: 16mm 14mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
@page wide { size: A4 landscape; }
@media print {
  html { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10pt; line-height: 1.4; }
  h1 { font-size: 18pt; }
  h2 { font-size: 14pt; margin-top: 9mm; }
  h1, h2, h3, caption, figcaption { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
  nav, .files, figcaption a, caption a { display: none; }
  .commands summary { color: inherit; list-style: none; }
  .commands summary::after { content: ": see report.md"; }
  p, li { orphans: 3; widows: 3; }
  :is(.quiet, .verdicts, .warnings):not(:last-child) { break-after: avoid; }
  .quick { position: static; }
  .watermark { display: block; position: fixed; top: 42%; left: 0; right: 0; text-align: center; font-size: 110pt;
    font-weight: 700; letter-spacing: .1em; color: #7a4d00; opacity: .09; transform: rotate(-30deg); z-index: 3; }
  .figures { grid-template-columns: 1fr 1fr; gap: 4mm; }
  figure:only-child { max-width: 115mm; }
  tbody th:not(.n) { min-width: 0; }
  figure, .warnings, .verdicts li, .facts, tr, .short { break-inside: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; margin: 4mm 0; }
  table { font-size: 9pt; }
  th, td { padding: .6mm 1.6mm; }
  td.words { min-width: 0; }
  .full table { font-size: 7.5pt; }
  .full th, .full td { padding: .5mm 1mm; }
  .crowded table { font-size: 6.5pt; }
  .crowded th, .crowded td { padding: .4mm .6mm; }
  .wide { page: wide; }
}
"""

QUICK_STYLE = """\
@page { @top-center { content: "QUICK: a trial, not a measurement"; font: bold 9pt sans-serif; color: #7a4d00; } }
"""
