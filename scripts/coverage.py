# SPDX-License-Identifier: Apache-2.0
"""Prints what the tests visited of the RTL: coverage.py MERGED.info MERGED.dat HOLES.txt

Lines are Verilator's line coverage: statements and branches of always blocks. Cover points are the
`cover property` statements. HOLES.txt explains lines and points that no test visits, one a line:

    conn/toe_x.sv | text of the line, or a part of it | why it stays unvisited
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

LEAST = 95.0
JUDGED = ("conn", "rx", "tx")
POINT = re.compile(r"^C '(.*)' (\d+)$")


def place(path):
    """'conn/toe_x.sv' of a path into hw/, None for a file outside."""
    found = re.search(r"(?:^|/)hw/(.+\.sv)$", path)
    if not found or re.search(r"_(tb|formal)\.sv$", path):
        return None
    return found[1]


def lines_of(info):
    """By file: {number: visits}."""
    counts, current = defaultdict(dict), None
    for line in Path(info).read_text().splitlines():
        if line.startswith("SF:"):
            current = None if line.endswith("_cover.sv") else place(line[3:])
        elif line.startswith("DA:") and current:
            number, visits = line[3:].split(",")[:2]
            counts[current][int(number)] = int(visits)
    return counts


def points_of(data):
    """Cover points: {(file, line): visits}."""
    points = defaultdict(int)
    for line in Path(data).read_text(errors="replace").splitlines():
        found = POINT.match(line)
        if not found or "v_user" not in found[1]:
            continue
        fields = dict(part.split("\x02", 1) for part in found[1].split("\x01") if "\x02" in part)
        file = place(fields.get("f", ""))
        if file:
            points[file, int(fields["l"])] += int(found[2])
    return points


def explanations(path):
    holes = []
    for line in Path(path).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            file, text, why = (word.strip() for word in line.split("|", 2))
            holes.append((file, text, why))
    return holes


def report(counts, points, holes):
    files = {*counts, *(file for file, _ in points)}
    sources = {file: Path("hw", file).read_text().splitlines() for file in files}
    folders, unexplained, used = defaultdict(lambda: [0, 0]), [], set()

    def explain(what, file, number):
        text = sources[file][number - 1].strip()
        why = next((h for h in holes if h[0] == file and h[1] in text), None)
        used.add(why)
        print(f"{what}  hw/{file}:{number}: {text}  [{why[2] if why else 'NOT EXPLAINED'}]")
        if not why and file.split("/")[0] in JUDGED:
            unexplained.append((file, number))

    for file, visits in sorted(counts.items()):
        folders[file.split("/")[0]][0] += len(visits)
        folders[file.split("/")[0]][1] += sum(v > 0 for v in visits.values())
        for number in sorted(n for n, v in visits.items() if v == 0):
            explain("hole ", file, number)
    for (file, number), visits in sorted(points.items()):
        if visits == 0:
            explain("never", file, number)
    for hole in holes:
        if hole not in used:
            print(f"stale explanation: {hole[0]} | {hole[1]}")
    bad = bool(unexplained)
    print("\n| folder | lines | visited | |\n| --- | --- | --- | --- |")
    for folder, (lines, visited) in sorted(folders.items()):
        share = 100.0 * visited / lines
        bad = bad or (folder in JUDGED and share < LEAST)
        print(f"| hw/{folder} | {lines} | {visited} | {share:.1f} % |")
    seen = sum(v > 0 for v in points.values())
    print(f"\ncover points: {seen} of {len(points)} visited")
    return bad


def main():
    info, data, holes = sys.argv[1:4]
    return report(lines_of(info), points_of(data), explanations(holes))


if __name__ == "__main__":
    sys.exit(main())
