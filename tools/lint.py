"""Everything that is checked without running a program: `lint.py [--junit FILE] [--docs FOLDER]`.

Each check of the table at the end yields its findings as "file:line: text"; without findings it passes.
clang-tidy remembers in build/lint which files it found clean, by a hash of the file, of all that it includes
and of the settings, so that an unchanged tree costs nothing.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

import check_layers

ROOT = pathlib.Path(__file__).resolve().parent.parent
MEMORY = ROOT / "build/lint"
VENV = ROOT / "build/venv/bin"
LINES_MAX = 600


@functools.cache
def files(*patterns):
    """Paths, relative to the root, that git tracks or would track."""
    out = run("git", "ls-files", "-co", "--exclude-standard", "--", *patterns).stdout
    return [path for path in out.splitlines() if (ROOT / path).is_file()]


@functools.cache
def text(path):
    return (ROOT / path).read_text(errors="replace")


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def grep(pattern, paths, message, content=text):
    for path in paths:
        for number, line in enumerate(content(path).splitlines(), 1):
            if found := pattern.search(line):
                yield f"{path}:{number}: {message}: {found[0].strip()}"


def tool(*command):
    """The findings of a program that prints some exactly when it is not content."""
    done = run(*map(str, command))
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        yield from (
            line.replace(f"{ROOT}/", "") for line in lines or [f"{command[0]} ended with {done.returncode}"]
        )


def in_parallel(check, paths):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(check, paths):
            yield from findings


# What the project's own rules say (docs/rules.md).

BANNED = re.compile(r"\b(strcpy|strcat|v?sprintf|strtok|atoi|atol|atof|gets|alloca)\s*\(")
COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.S)


def code(path):
    """A C file without the insides of comments and strings, its lines where they were."""
    return COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text(path))


def layers():
    return check_layers.check(ROOT)


def banned():
    return grep(BANNED, files("*.c", "*.h"), "banned function", code)


def length():
    """A long file says "Past 600 lines: why" near its top; generated ones say so there."""
    for path in files("*.c", "*.h", "*.py", "*.ts", "*.mjs", "*.go", "*.sh"):
        lines = text(path).splitlines()
        if len(lines) > LINES_MAX and not re.search(r"past 600 lines|generated", "\n".join(lines[:15]), re.I):
            yield f"{path}:{len(lines)}: past {LINES_MAX} lines without a reason at its top"


# The brackets keep these patterns from finding themselves.
MACHINE = re.compile(r"(?<![\w.~-])/(?:r[o]ot|w[o]rk|f[a]rm|h[o]me/\w+)/")
REGISTRY = re.compile(
    r"(?:registry\.n[p]mjs|p[y]pi|files\.p[y]thonhosted|deb\.d[e]bian|proxy\.g[o]lang)\.org"
)
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HAC[K]|not (?:yet )?imple[m]ented|unimple[m]ented)\b")


def machine():
    """No path of one machine, no registry's address: lock files included."""
    yield from grep(MACHINE, files(), "path of one machine")
    yield from grep(REGISTRY, files(), "address of a package registry")


def unfinished():
    return grep(UNFINISHED, [path for path in files() if not path.endswith(".md")], "mark of unfinished work")


def generated_docs(folder):
    """The pages made from tables, as the build of now makes them, stand committed under docs/."""
    for page in sorted(pathlib.Path(folder).glob("*.md")):
        kept = ROOT / "docs" / page.name
        if not kept.exists() or kept.read_text() != page.read_text():
            yield f"docs/{page.name}:1: stale: run ./dev docs"


# What programs of others say.


def clang_format():
    formatter = str(VENV / "clang-format")
    out = run(formatter, "--dry-run", *files("*.c", "*.h")).stderr
    for path in dict.fromkeys(
        re.findall(r"^(\S+?):\d+:\d+: warning: code should be clang-formatted", out, re.M)
    ):
        yield f"{path}: not formatted: run ./dev fmt"


def ruff():
    yield from tool(VENV / "ruff", "check", "-q", "--output-format=concise")
    yield from tool(VENV / "ruff", "format", "-q", "--diff")


def gofmt():
    for path in run("/usr/lib/go-1.24/bin/gofmt", "-l", *files("*.go")).stdout.splitlines():
        yield f"{path}: not formatted: run ./dev fmt"


def shellcheck():
    scripts = [
        path
        for path in files("*.sh", "dev", ".ci/run", "bench/*", "examples/*")
        if text(path).startswith("#!")
    ]
    return tool("shellcheck", *{path for path in scripts if re.match(r"#!.*\b(ba)?sh\b", text(path))})


def cppcheck():
    cache = MEMORY / "cppcheck"
    cache.mkdir(parents=True, exist_ok=True)
    options = f"""-q -j{os.cpu_count()} --cppcheck-build-dir={cache} --std=c11 --error-exitcode=1
        --enable=warning,performance,portability --inline-suppr
        --suppressions-list=tools/cppcheck_suppressions.txt
        -Isrc -D__typeof__(x)=int* -DLAYER_VERSION=\"\" src"""
    return tool("cppcheck", *options.split())


@functools.cache
def seen_by(path):
    """A C file and all files of src/ that it includes, directly or not."""
    todo, seen = [path], set()
    while todo:
        path = todo.pop()
        if path not in seen and (ROOT / path).is_file():
            seen.add(path)
            todo += [f"src/{own}" for own, _ in check_layers.INCLUDE.findall(text(path)) if own]
    return sorted(seen)


def clang_tidy():
    settings = text(".clang-tidy") + run("clang-tidy", "--version").stdout
    built = json.loads((ROOT / "build/compile_commands.json").read_text())
    commands = {os.path.normpath(f"build/{entry['file']}"): entry["command"] for entry in built}
    clean = MEMORY / "tidy"
    clean.mkdir(parents=True, exist_ok=True)

    def mark(path):
        inputs = "\0".join([settings, commands.get(path, ""), *map(text, seen_by(path))])
        return clean / hashlib.sha256(inputs.encode()).hexdigest()

    def check(path):
        done = run(
            "nice", "clang-tidy", "-p", "build", "--quiet", "--extra-arg=-Wno-unknown-warning-option", path
        )
        found = [line for line in done.stdout.splitlines() if re.search(r": (warning|error): ", line)]
        if done.returncode == 0 and not found:
            mark(path).touch()
            return []
        return [
            re.sub(r"^(build)?/?\.\./", "", line.replace(f"{ROOT}/", ""))
            for line in found or done.stderr.splitlines()
        ]

    unknown = [path for path in files("src/*.c") if not mark(path).exists()]
    if unknown:
        print(f"     clang_tidy reads {len(unknown)} files", flush=True)
    return in_parallel(check, unknown)


CHECKS = (
    layers,
    banned,
    length,
    machine,
    unfinished,
    clang_format,
    ruff,
    gofmt,
    shellcheck,
    cppcheck,
    clang_tidy,
)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--junit", type=pathlib.Path, help="write the outcome there")
    options.add_argument("--docs", help="folder of freshly generated pages")
    options = options.parse_args()
    checks = list(CHECKS)
    if options.docs:
        checks.append(functools.partial(generated_docs, options.docs))
    suite = xml.Element("testsuite", name="lint")
    failed = 0
    for check in checks:
        name = getattr(check, "func", check).__name__
        findings = list(dict.fromkeys(check()))
        case = xml.SubElement(suite, "testcase", classname="lint", name=name)
        if findings:
            failed += 1
            xml.SubElement(case, "failure", message=findings[0]).text = "\n".join(findings)
        print(f"{'FAIL' if findings else 'ok':4} {name}", *findings, sep="\n       ", flush=True)
    if options.junit:
        options.junit.parent.mkdir(parents=True, exist_ok=True)
        xml.ElementTree(suite).write(options.junit)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
