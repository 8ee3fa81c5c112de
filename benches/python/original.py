"""The loops of TimeLocker's first version, stated anew with nothing but the standard library.

    original.py match PATTERNS PATHS ROUNDS
    original.py walk PATTERNS FOLDER ROUNDS

PATTERNS and PATHS are files of a line each. Writes one object of JSON: seconds of processor time
of each round for both loops, seconds to compile, and what was found, which must be the same.
"""

import fnmatch
import json
import os
import re
import sys
import time


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def legacy(patterns):
    """Pattern by pattern, on the whole path and on its last component."""

    def excludes(path):
        for pattern in patterns:
            lowered = pattern.lower()
            if fnmatch.fnmatch(path.lower(), lowered):
                return True
            if fnmatch.fnmatch(os.path.basename(path).lower(), lowered):
                return True
        return False

    return excludes


def optimised(patterns):
    """The same with regular expressions that are compiled before."""
    compiled = [re.compile(fnmatch.translate(pattern.lower())) for pattern in patterns]

    def excludes(path):
        lowered = path.lower()
        name = os.path.basename(lowered)
        return any(regex.match(lowered) or regex.match(name) for regex in compiled)

    return excludes


def walk(root, excludes):
    """Files that are not excluded, and their bytes."""
    files = size = 0
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if not excludes(os.path.relpath(path, root)):
                files += 1
                size += os.lstat(path).st_size
    return [files, size]


def timed(work, rounds):
    """What the work gives, and the seconds of each round; the first only warms up."""
    seconds = []
    for _ in range(rounds + 1):
        start = time.process_time()
        found = work()
        seconds.append(time.process_time() - start)
    return found, seconds[1:]


def main():
    command, patterns, subject, rounds = sys.argv[1:]
    patterns, rounds = lines(patterns), int(rounds)
    re.purge()
    start = time.process_time()
    loops = {"legacy": legacy(patterns), "optimised": optimised(patterns)}
    answer = {"python": sys.version.split()[0], "compile": time.process_time() - start}
    if command == "match":
        paths = lines(subject)
        works = {
            name: lambda excludes=excludes: [sum(map(excludes, paths))]
            for name, excludes in loops.items()
        }
    else:
        works = {
            name: lambda excludes=excludes: walk(subject, excludes)
            for name, excludes in loops.items()
        }
    for name, work in works.items():
        found, seconds = timed(work, rounds)
        answer[name] = {"found": found, "seconds": seconds}
    json.dump(answer, sys.stdout)


main()
