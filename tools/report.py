"""Adds up a test run: `report.py RESULTS` reads the JUnit files of a folder and its list of stages, prints
every failure by name and every skip with its reason, then one line: N passed, N failed, N skipped.

A stage that ended badly without a failure in its file (a broken build, a runner that died) is one failure.
"""

import collections
import pathlib
import sys
import xml.etree.ElementTree as xml


def cases(path):
    """Yields (test name, "passed" | "failed" | "skipped", detail) of one JUnit file."""
    for case in xml.parse(path).getroot().iter("testcase"):
        name = "/".join(filter(None, (case.get("classname"), case.get("name"))))
        bad = [child for child in case if child.tag in ("failure", "error")]
        skip = case.find("skipped")
        if bad:
            yield name, "failed", bad[0].get("message") or bad[0].text or ""
        elif skip is not None:
            yield name, "skipped", skip.get("message") or skip.text or "no reason given"
        else:
            yield name, "passed", ""


def main(folder):
    count = collections.Counter()
    for line in (folder / "stages").read_text().splitlines():
        stage, status = line.split("\t")
        path = folder / f"{stage}.xml"
        found = list(cases(path)) if path.exists() else []
        if status != "0" and all(outcome != "failed" for _, outcome, _ in found):
            found.append(("", "failed", f"the stage ended with status {status}"))
        for name, outcome, detail in found:
            count[outcome] += 1
            if outcome != "passed":
                print(f"{outcome.upper()} {stage} {name}: {detail.strip().partition(chr(10))[0]}")
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
