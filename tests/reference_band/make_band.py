#!/usr/bin/env python3
"""Runs the short recipe over all seeds and writes the reference band, band.json.

    make_band.py PROGRAM DATA [OUTPUT [OPTION...]]

PROGRAM is kindling-train, DATA the folder with CIFAR-10; OPTIONs go to the program. Done again only where training is
meant to change: the commit that changes it says so, and why the new band is right.
"""

import json
import sys
import time
from pathlib import Path
from statistics import mean, stdev

from recipe import EPOCHS, OPTIONS, SEEDS, run_all


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, data = Path(sys.argv[1]).resolve(), sys.argv[2]
    output = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(__file__).parent / "band.json"
    begin = time.monotonic()
    metrics = run_all(program, data, sys.argv[4:], SEEDS)
    band = {"options": OPTIONS, "epochs": EPOCHS, "seeds": SEEDS,
            "metrics": {name: {"mean": mean(values), "sd": stdev(values), "values": values}
                        for name, values in metrics.items()}}
    output.write_text(json.dumps(band, indent=2) + "\n")
    for name, metric in band["metrics"].items():
        print(f"{name}: mean {metric['mean']:.4f}, sd {metric['sd']:.4f}")
    print(f"{len(SEEDS)} seeds in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
