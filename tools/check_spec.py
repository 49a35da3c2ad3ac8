"""Checks that what is promised is tested: `check_spec.py RESULTS`.

Each page tests/spec/*.md but README.md has tables of this form, one row per rule:

    | Rule | Test |
    | --- | --- |
    | An id is at most 64 bytes | `store/value/long_ids`, `e2e/test_relay/test_id_too_long` |

A test is named as the reports of ./dev test name it: FOLDER/FILE/TEST for C (tests/unit/store/value_test.c),
FOLDER/test_FILE/test_NAME for Python, without parameters. FOLDER/FILE stands for all tests of a file. A row
fails if it names no test, or one that did not run and pass in the run whose JUnit files are in RESULTS.
"""

import pathlib
import re
import sys

import report

PAGES = pathlib.Path(__file__).resolve().parent.parent / "tests/spec"


def rules(page):
    """Yields (line number, rule, names of tests) of each row."""
    for number, line in enumerate(page.read_text().splitlines(), 1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 2 and cells[0].lower() != "rule" and not set(cells[0]) <= set("-: "):
            yield number, cells[0], re.findall(r"`([^`]+)`", cells[1])


def passed(results):
    """Every name under which something passed and nothing failed: tests and the files that hold them."""
    good, bad = set(), set()
    for path in results.glob("*.xml"):
        for name, outcome, _ in report.cases(path):
            name = name.partition("[")[0]
            names = good if outcome == "passed" else bad if outcome == "failed" else set()
            names |= {name, name.rpartition("/")[0]}
    return good - bad


def main(results):
    known, problems, count = passed(results), [], 0
    for page in sorted(PAGES.glob("*.md")):
        if page.name == "README.md":
            continue
        found = list(rules(page))
        count += len(found)
        if not found:
            problems.append(f"{page.name}:1: no row")
        for number, rule, tests in found:
            if not tests:
                problems.append(f"{page.name}:{number}: no test: {rule}")
            problems += [
                f"{page.name}:{number}: did not run and pass: {test}" for test in tests if test not in known
            ]
    print(*(f"tests/spec/{problem}" for problem in problems), sep="\n", end="\n" if problems else "")
    print(f"{count} rules, {len(problems)} without a test that passed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
