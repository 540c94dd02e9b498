#!/usr/bin/env python3
"""Prints the licences of every package that is linked into a program.

Usage: scripts/third-party-notices.py PROGRAM

Reads what `cargo metadata` lists for this machine's target. Each licence text
is printed once, below the packages that have it. Fails if a package has none.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict

NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE")
RULE = "-" * 78


def metadata():
    version = subprocess.check_output(["rustc", "-vV"], text=True)
    host = next(line[6:] for line in version.splitlines() if line.startswith("host: "))
    command = ["cargo", "metadata", "--format-version=1", "--locked", "--filter-platform", host]
    return json.loads(subprocess.check_output(command))


def linked(found, program):
    """The packages of other projects that are linked into the program, by name and version."""
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    waiting = [key for key, package in packages.items() if package["name"] == program and package["source"] is None]
    if not waiting:
        sys.exit(f"third-party-notices: the workspace has no package {program}")
    seen = set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        for dependency in nodes[key]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    others = [packages[key] for key in seen if packages[key]["source"] is not None]
    return sorted(others, key=lambda package: (package["name"], package["version"]))


def texts(package):
    """The texts of the licence files in the package's folder."""
    folder = os.path.dirname(package["manifest_path"])
    files = sorted(
        name
        for name in os.listdir(folder)
        if name.upper().startswith(NAMES) and os.path.isfile(os.path.join(folder, name))
    )
    if not files:
        sys.exit(f"third-party-notices: {package['name']} {package['version']} has no licence file")
    for name in files:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            yield "\n".join(line.rstrip() for line in file.read().strip().splitlines())


def main():
    if len(sys.argv) != 2:
        print("usage: third-party-notices.py PROGRAM", file=sys.stderr)
        sys.exit(64)
    program = sys.argv[1]
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    packages = linked(metadata(), program)
    owners = defaultdict(list)
    print(f"{program} contains the following packages under their own licences.\n")
    for package in packages:
        print(f"{package['name']} {package['version']}: {package['license']}")
        for text in texts(package):
            owners[text].append(f"{package['name']} {package['version']}")
    for text, names in owners.items():
        print(f"\n{RULE}\n{', '.join(names)}\n{RULE}\n\n{text}")


main()
