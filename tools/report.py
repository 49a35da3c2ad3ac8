"""Adds up a test run: `report.py RESULTS` reads the JUnit files of a folder and its list of stages, prints
every failure by name and every skip with its reason, then one line: N passed, N failed, N skipped.

A stage that ended badly without a failure in its file (a broken build, a runner that died) is one failure.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as xml


def test_name(case):
    """How reports and tests/spec/ call a test: base/span/numbers, e2e/test_relay/test_chunked_body[gzip]."""
    folder, name = case.get("classname") or "", case.get("name") or ""
    if " / " not in folder + name:  # pytest: "tests.e2e.test_relay"
        return "/".join(filter(None, (re.sub(r"^tests/", "", folder.replace(".", "/")), name)))
    # Meson: "layer:fuzz / json_scan" names a program; of its tests, if it tells them, that is the class.
    program, test = (folder, re.sub(r"^\d+ - ", "", name)) if " / " in folder else (name, "")
    suite, _, program = program.rpartition("layer:")[2].partition(" / ")
    return "/".join(filter(None, ("" if "/" in program else suite, program, test)))


def cases(path):
    """Yields (test name, "passed" | "failed" | "skipped", detail) of one JUnit file."""
    for case in xml.parse(path).getroot().iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error")]
        skip = case.find("skipped")
        if bad:
            yield test_name(case), "failed", bad[0].get("message") or bad[0].text or ""
        elif skip is not None:
            yield test_name(case), "skipped", skip.get("message") or skip.text or "no reason given"
        else:
            yield test_name(case), "passed", ""


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
