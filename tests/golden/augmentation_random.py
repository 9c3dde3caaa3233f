#!/usr/bin/env python3
"""Makes augmentation_random.json: crop and flip decisions and permutations, for tests/data/.

Computed here from the published description of Philox4x32-10 (Salmon et al., SC11) and docs/NUMERICS.md alone, so that
the C++ code is not compared with itself. What a seed means must never change. Usage: augmentation_random.py OUTPUT
"""

import json
import sys

MASK = 0xFFFFFFFF


def philox4x32_10(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        product0, product1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(product1 >> 32) ^ c[1] ^ k[0], product1 & MASK, (product0 >> 32) ^ c[3] ^ k[1], product0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def words(seed, index, epoch, purpose):
    return philox4x32_10((index, epoch, purpose, 0), (seed & MASK, seed >> 32))


def mulhi(word, bound):
    return (word * bound) >> 32


def permutation(size, seed, epoch):
    order = list(range(size))
    for i in range(size - 1, 0, -1):
        j = mulhi(words(seed, i, epoch, 0)[0], i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def decision(seed, epoch, sample):
    w = words(seed, sample, epoch, 1)
    return {"seed": seed, "epoch": epoch, "sample": sample, "dy": mulhi(w[0], 9), "dx": mulhi(w[1], 9),
            "flip": bool(w[2] >> 31)}


def main():
    assert philox4x32_10((0,) * 4, (0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    seeds = [0, 1, 0x123456789ABCDEF0]
    whole = permutation(50000, 0, 4)
    result = {
        "decisions": [decision(s, e, i) for s in seeds for e in (0, 1, 199) for i in (0, 1, 2, 77, 49999)],
        "permutations": [{"size": n, "seed": s, "epoch": e, "order": permutation(n, s, e)}
                         for n, s, e in ((1, 0, 0), (2, 0, 0), (10, 0, 0), (10, 0, 1), (10, seeds[2], 0), (50, 1, 7))],
        "whole_set": {"size": 50000, "seed": 0, "epoch": 4, "first": whole[:8], "last": whole[-8:]},
    }
    with open(sys.argv[1], "w", encoding="ascii") as out:
        json.dump(result, out, indent=0)
        out.write("\n")


if __name__ == "__main__":
    main()
