"""Checks the #include lines under src/ against the table "Layers" of docs/rules.md, which is the only source.

How a row is read: its first cell names folders; the clauses of its second cell name the folders and libraries
that these may include ("X in `a/b` only" narrows a library to one file; a clause that starts with "never"
only explains). "all above" stands for the folders of the rows above. Beyond the table: a feature of the
gateway sees another one only by its header FEATURE/FEATURE.h (or what the row names: `edge/request.h`), and
loops/ not at all.
"""

import pathlib
import re
import sys

LIBRARIES = {  # name in the table → its headers
    "xxhash": r"xxhash\.h",
    "yyjson": r"yyjson\.h",
    "libuv": r"uv\.h",
    "llhttp": r"llhttp\.h",
    "OpenSSL": r"openssl/.*",
    "libyaml": r"yaml\.h",
    "zlib": r"zlib\.h",
    "PCRE2": r"pcre2\.h",
    "libstemmer": r"libstemmer\.h",
}
C_LIBRARY = re.compile(
    r"(sys|netinet|arpa|linux|sanitizer)/\w+\.h|(assert|cpuid|ctype|dirent|dlfcn|endian|errno|fcntl|fenv|float|fnmatch"
    r"|getopt|glob|inttypes|limits|locale|math|netdb|poll|pthread|sched|semaphore|setjmp|signal|spawn|stdalign"
    r"|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|termios|threads|time"
    r"|ucontext|unistd|wchar|wctype|immintrin|malloc)\.h"
)
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)
INTERFACES = {"cache", "objects", "queue"}  # what a folder of remote/ implements


def rows(text):
    """Yields (folders, second cell) of the table."""
    section = text.split("## Layers", 1)[1].split("\n## ", 1)[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if (
            line.startswith("|")
            and len(cells) == 2
            and cells[0] != "Folder"
            and not cells[0].startswith("---")
        ):
            yield [name.split("/")[0] for name in re.split(r",\s*", cells[0])], cells[1]


class Rule:
    def __init__(self, cell, above):
        self.folders = set()
        self.libraries = {}  # name → the one file that may include it, or None
        self.headers = dict(re.findall(r"`(\w+)/(\w+\.h)`", cell))  # feature → its header, unless FEATURE.h
        for clause in cell.split(";"):
            clause = clause.strip()
            if clause.startswith("never"):
                continue
            if clause == "all above":
                self.folders |= above
            if "the interface it implements" in clause:
                self.folders |= INTERFACES
            for name in LIBRARIES:
                if re.search(rf"\b{name}\b", clause):
                    only = re.search(rf"\b{name} in `([^`]+)` only", clause)
                    self.libraries[name] = only and only[1]
            self.folders |= set(re.findall(r"[a-z]+(?=/\*)|\b[a-z]+\b", re.sub(r"`[^`]*`", "", clause)))


def parse(text):
    rules, above = {}, set()
    for folders, cell in rows(text):
        for folder in folders:
            rules[folder] = Rule(cell, set(above))
        above |= set(folders)
    for folder, rule in rules.items():
        rule.folders = (rule.folders & rules.keys()) | {folder}
    return rules


def feature_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "gateway" and len(parts) > 2 else None


def objection(rules, path, own, system):
    """Why the file at `path` (below src/) may not include a header of ours or of the system, or None."""
    folder = path.split("/")[0]
    rule = rules.get(folder)
    if rule is None:
        return f"the table of docs/rules.md has no row for {folder}/"
    if own:
        there = own.split("/")[0]
        if there not in rule.folders:
            return f"{folder} may not include {own}"
        if folder == "remote" and there == "remote" and own.split("/")[1] != path.split("/")[1]:
            return f"one remote may not include another: {own}"
        mine, theirs = feature_of(path), feature_of(own)
        if mine and theirs and mine != theirs:
            if theirs == "loops":
                return f"a feature may not include loops/: {own}"
            header = f"gateway/{theirs}/{rule.headers.get(theirs, theirs + '.h')}"
            if mine != "loops" and own != header:
                return f"another feature only by its one header, {header}, not {own}"
        return None
    for name, header in LIBRARIES.items():
        if re.fullmatch(header, system):
            only = rule.libraries.get(name, "")
            stem = re.sub(r"\.\w+$", "", path)
            return None if only is None or only == stem else f"{stem} may not include <{system}>"
    return None if C_LIBRARY.fullmatch(system) else f"<{system}> is in no row: not the C library"


def check(root):
    """Yields "file:line: text" for each wrong include."""
    rules = parse((root / "docs/rules.md").read_text())
    for file in sorted((root / "src").rglob("*.[ch]")):
        path = file.relative_to(root / "src").as_posix()
        text = file.read_text()
        for match in INCLUDE.finditer(text):
            own, system = match.groups()
            line = text.count("\n", 0, match.start(1 if own else 2)) + 1
            why = objection(rules, path, own, system)
            if why:
                yield f"src/{path}:{line}: {why}"


if __name__ == "__main__":
    problems = list(check(pathlib.Path(__file__).resolve().parent.parent))
    print(*problems, sep="\n", end="\n" if problems else "")
    sys.exit(1 if problems else 0)
