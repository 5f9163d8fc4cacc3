#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The style and structure gate that no compiler offers; part of scripts/check.

Checks every file of the working tree that git does not ignore: line and file length, SPDX line,
ASCII, leftover markers, machine paths, file = module, file list levels, direction of includes,
links of documents. Prints one line per fault and ends with 1 if there was one. --self-test proves
on a made-up tree that each rule bites.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

MAX_COLUMNS = 100
MAX_LINES = 500
CODE = {".h", ".cc", ".sv", ".svh", ".py", ".cmake", ".vlt", ".tcl"}
TEXT = CODE | {".md", ".toml", ".txt", ".f", ".xml"}
GENERATED = "hw/contract/generated/"
MARKER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!.*#\d+)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|home|Users)/")

# What a file may include, by the longest matching folder. Tests may use any layer's library.
ALLOWED = {
    "host/": ["host/", "hw/contract/"],
    "sim/": ["sim/", "host/device/", "hw/contract/"],
    "sim/model/": ["sim/", "host/device/", "hw/contract/", "hw/lib/covered_model.h"],
    "sim/world/": ["sim/", "flow/", "host/", "hw/contract/"],
    "flow/": ["flow/", "host/"],
    "flow/cli/": ["flow/", "host/", "sim/", "hw/contract/"],
    "flow/preload/": ["flow/", "host/", "sim/"],
}
LAYERS = ("hw/", "host/", "sim/", "flow/", "tests/")
ANYWHERE = ("tests/", "docs/")


def is_code(path):
    name = Path(path).name
    return Path(path).suffix in CODE or name == "CMakeLists.txt" or (
        path.startswith(("scripts/", ".ci/")) and Path(path).suffix == "" and name != "packages")


def is_test(path):
    return path.startswith(ANYWHERE) or re.search(r"_(test|tb|formal|cover)\.(cc|h|sv)$", path)


def check_text(path, text):
    lines = text.split("\n")
    code = is_code(path) and not path.startswith(GENERATED)
    if code and len(lines) - 1 > MAX_LINES:
        yield 1, f"{len(lines) - 1} lines; {MAX_LINES} at most"
    if is_code(path) and not any("SPDX-License-Identifier: Apache-2.0" in l for l in lines[:3]):
        yield 1, "no SPDX line at the top"
    if text and not text.endswith("\n"):
        yield len(lines), "no newline at the end"
    for number, line in enumerate(lines, 1):
        if code and len(line) > MAX_COLUMNS:
            yield number, f"{len(line)} columns; {MAX_COLUMNS} at most"
        if not line.isascii():
            yield number, "a character that is not ASCII"
        if "\t" in line or line != line.rstrip():
            yield number, "tab or trailing blank"
        if path != "scripts/tidy.py":
            if MARKER.search(line):
                yield number, "leftover marker without an issue number (#12)"
            if MACHINE_PATH.search(line):
                yield number, "a path of one machine"


def check_cpp(path, text):
    if path.endswith(".h") and "#pragma once" not in text and not path.startswith(GENERATED):
        yield 1, "header without #pragma once"
    if path.startswith(ANYWHERE):
        return
    layer = max((f for f in ALLOWED if path.startswith(f)), key=len, default=None)
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not found or not found[1].startswith(LAYERS):
            continue
        target = found[1]
        if target.startswith("tests/"):
            yield number, "only tests include tests"
        elif layer and not is_test(path) and not target.startswith(tuple(ALLOWED[layer])):
            yield number, f"{layer} must not include {target}"


def check_sv(path, text):
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)
    units = re.findall(r"^\s*(?:module|package)\s+(?:automatic\s+)?(\w+)", bare, flags=re.M)
    if units != [Path(path).stem]:
        yield 1, f"holds {units or 'no module'}; exactly one named like the file is wanted"
    if re.search(r"^\s*import\s+\w+::", bare, flags=re.M):
        yield 1, "import; write package::name"


def check_file_list(root, files):
    """hw/toe.f holds every module of the card once, each after those that it instantiates."""
    if "hw/toe.f" not in files:
        return
    seen = []
    for number, line in enumerate((root / "hw/toe.f").read_text().split("\n"), 1):
        entry = line.split("//")[0].split("#")[0].strip()
        if not entry:
            continue
        name, path = Path(entry).stem, root / "hw" / entry
        if not path.exists():
            yield "hw/toe.f", number, f"{entry} does not exist"
            continue
        if name in seen:
            yield "hw/toe.f", number, f"{entry} is listed twice"
        seen.append(name)
        bare = re.sub(r"//[^\n]*", "", path.read_text())
        for used in set(re.findall(r"^\s*(toe_\w+)\s+(?:#\s*\(|u_\w+)", bare, flags=re.M)):
            if used not in seen:
                yield "hw/toe.f", number, f"{name} uses {used}, which stands below it"
    for path in files:
        if path.startswith("hw/") and path.endswith(".sv") and not is_test(path):
            if Path(path).stem not in seen and not path.startswith("hw/alveo/"):
                yield path, 1, "is not in hw/toe.f"


def check_links(root, path, text):
    prose = re.sub(r"```.*?```|`[^`\n]*`", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    for number, line in enumerate(prose.split("\n"), 1):
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
            if "://" not in link and not link.startswith("mailto:"):
                if not (root / Path(path).parent / link).exists():
                    yield number, f"broken link {link}"


def check_tree(root, files):
    for path in files:
        name = Path(path).name
        if not (Path(path).suffix in TEXT or is_code(path) or name.startswith(".clang-")):
            continue
        full = root / path
        if full.is_symlink() or not full.is_file():
            continue
        text = full.read_text(encoding="utf-8", errors="surrogateescape")
        checks = [check_text(path, text)]
        if path.endswith((".h", ".cc")):
            checks.append(check_cpp(path, text))
        if path.endswith(".sv") and not path.startswith(GENERATED):
            checks.append(check_sv(path, text))
        if path.endswith(".md"):
            checks.append(check_links(root, path, text))
        for check in checks:
            for number, fault in check:
                yield path, number, fault
    yield from check_file_list(root, files)


def tree_files(root):
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sorted(set(listed.split()))


def self_test():
    spdx = "// SPDX-License-Identifier: Apache-2.0\n"
    cases = [  # file, content, what must be reported (None: nothing)
        ("host/good.h", spdx + '#pragma once\n#include "host/x.h"\n', None),
        ("host/wide.h", spdx + "#pragma once\n//" + "x" * 99 + "\n", "columns"),
        ("host/long.cc", spdx + "//\n" * 500, "501 lines"),
        ("host/spdx.cc", "//\n", "SPDX"),
        ("host/ascii.cc", spdx + "// \u00e9\n", "ASCII"),
        ("host/left.cc", spdx + "// TODO later\n", "marker"),
        ("host/kept.cc", spdx + "// TODO(#12): later\n", None),
        ("host/path.cc", spdx + "// /home/me\n", "path"),
        ("host/guard.h", spdx, "pragma"),
        ("host/up.cc", spdx + '#include "flow/flow.h"\n', "must not include"),
        ("host/up_test.cc", spdx + '#include "flow/flow.h"\n', None),
        ("flow/low.cc", spdx + '#include "sim/card/card.h"\n', "must not include"),
        ("flow/cli/main.cc", spdx + '#include "sim/card/card.h"\n', None),
        ("sim/t_test.cc", spdx + '#include "tests/a.h"\n', "only tests"),
        ("hw/lib/toe_a.sv", spdx + "module toe_a;\nendmodule\n", None),
        ("hw/lib/toe_b.sv", spdx + "module toe_c;\nendmodule\n", "named like the file"),
        ("hw/lib/toe_d.sv", spdx + "module toe_d;\nimport p::*;\nendmodule\n", "import"),
        ("hw/lib/toe_e.sv", spdx + "module toe_e;\n  toe_z u_z ();\nendmodule\n", "stands below"),
        ("hw/lib/toe_f.sv", spdx + "module toe_f;\nendmodule\n", "not in hw/toe.f"),
        ("docs/a.md", "[x](none.md)\n", "broken link"),
    ]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, text, _ in cases:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        (root / "hw/toe.f").write_text("".join(f"lib/toe_{c}.sv\n" for c in "abde"))
        files = [path for path, _, _ in cases] + ["hw/toe.f"]
        faults = list(check_tree(root, files))
        for path, _, wanted in cases:
            mine = [f for p, _, f in faults if p == path]
            if path == "hw/lib/toe_e.sv":
                mine = [f for p, _, f in faults if p == "hw/toe.f" and "toe_e" in f]
            if (wanted is None) != (not mine) or (wanted and not any(wanted in f for f in mine)):
                print(f"tidy self-test: {path}: wanted {wanted}, got {mine}")
                failed += 1
    print(f"tidy self-test: {len(cases)} cases, {failed} failed")
    return failed != 0


def main():
    root = Path(__file__).resolve().parent.parent
    if "--self-test" in sys.argv[1:]:
        return self_test()
    os.chdir(root)
    faults = list(check_tree(root, tree_files(root)))
    for path, number, fault in faults:
        print(f"{path}:{number}: {fault}")
    print(f"tidy: {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
