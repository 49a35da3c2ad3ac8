"""What the installed SDKs offer, read from their own types, and what the scenarios made of it, read from the
wire.

A name is a parameter of a method, as (method, parameter); a field of a type below the parameters, as a
string; or a word of an expression, such as an operator."""

import gzip
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import urllib.parse

import turbopuffer as tpuf
from harness.programs import ROOT

OVERLOADS = {
    "branchFrom": ("branch_from", "branch_from_namespace"),
    "copyFrom": ("copy_from", "copy_from_namespace"),
    "startCopyFrom": ("start_copy_from", "copy_from_namespace"),
}
PLUMBING = {"self", "namespace", "extra_headers", "extra_query", "extra_body", "timeout"}
TYPESCRIPT = ROOT / "tests/e2e/ts/node_modules/@turbopuffer/turbopuffer/resources"
ANSWERS = re.compile(r"(Response|Metadata|Summary|Billing|Performance|AggregationGroup)$")
TOP = re.compile(r"^Namespaces?[A-Z]\w*Params$|^NamespaceMetadataPatch$|^NamespacesParams$")


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def python():
    from turbopuffer.resources.namespaces import NamespacesResource

    methods = {
        name: set(inspect.signature(function).parameters) - PLUMBING
        for name, function in inspect.getmembers(NamespacesResource, inspect.isfunction)
        if not name.startswith("_")
    }
    methods["namespaces"] = set(inspect.signature(tpuf.Turbopuffer.namespaces).parameters) - PLUMBING
    nested, words = set(), set()
    for module in pkgutil.iter_modules(importlib.import_module("turbopuffer.types").__path__):
        source = importlib.import_module(f"turbopuffer.types.{module.name}")
        if module.name == "custom":
            words |= set(re.findall(r'Literal\["(\w+)"\]', inspect.getsource(source)))
            nested.add("$ref_new")
        elif re.search(r"_params?$", module.name):
            top = module.name.startswith(("namespace_", "client_"))
            for name, kind in inspect.getmembers(source, inspect.isclass):
                if kind.__module__ == source.__name__ and not (top and name.endswith("Params")):
                    nested |= set(getattr(kind, "__annotations__", {}))
    return methods, nested, words


def members(body):
    return set(re.findall(r"^\s+['\"]?([$\w]+)['\"]?\??: ", body, re.MULTILINE)) - {"namespace"}


def typescript():
    text = re.sub(r"/\*\*.*?\*/", "", (TYPESCRIPT / "namespaces.d.ts").read_text(), flags=re.DOTALL)
    text += re.sub(r"/\*\*.*?\*/", "", (TYPESCRIPT / "top-level.d.ts").read_text(), flags=re.DOTALL)
    top = re.compile(r"^export (?:declare )?(\w+) (\w+)[^{\n]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
    found = {(kind, name): body for kind, name, body in top.findall(text)}
    methods = {}
    for name, params in re.findall(
        r"^    (\w+)\((?:params\??: (\w+))?", found["class", "Namespace"], re.MULTILINE
    ):
        methods[snake(name)] = members(found.get(("interface", params), ""))
    methods["namespaces"] = {"cursor", "page_size", "prefix"}  # partly inherited from the pages' own type
    nested = {"$ref_new"}
    for (kind, name), body in found.items():
        skipped = TOP if kind == "interface" else re.compile(r"^Namespace$")
        if kind in ("interface", "namespace") and not ANSWERS.search(name) and not skipped.search(name):
            nested |= members(body)
    words = set(re.findall(r"'(\w+)'", (TYPESCRIPT / "custom.d.ts").read_text()))
    return methods, nested - {"$dist"}, words


def go(driver):
    found = json.loads(subprocess.run([driver, "surface"], capture_output=True, text=True, check=True).stdout)
    methods = {snake(name): set(names) for name, names in found["methods"].items()}
    return methods, set(found["nested"]), set()


def constructors(folder):
    """The constructors of expressions in the Go SDK, and those that the driver uses."""
    (source,) = (ROOT / "build/go/modules/github.com/turbopuffer/turbopuffer-go").glob("v2@*/custom_types.go")
    offered = set(re.findall(r"^func (New\w+)", source.read_text(), re.MULTILINE))
    return offered, set(re.findall(r"tpuf\.(New\w+)\(", (folder / "expressions.go").read_text()))


def keys_and_words(value, keys, words):
    if isinstance(value, dict):
        keys.update(value)
        for item in value.values():
            keys_and_words(item, keys, words)
    elif isinstance(value, list):
        words.update(item for item in value if isinstance(item, str))
        for item in value:
            keys_and_words(item, keys, words)


def plain_body(request):
    return gzip.decompress(request.body) if request.header("content-encoding") == "gzip" else request.body


def method_of(request):
    """The SDK's method that makes this request, and its parameters."""
    url = urllib.parse.urlsplit(request.target)
    query = urllib.parse.parse_qs(url.query)
    overload = query.pop("stainless_overload", [""])[0]
    body = json.loads(plain_body(request) or b"{}")
    path = url.path.split("/")[4:]
    if url.path == "/v1/namespaces":
        return "namespaces", dict.fromkeys(query, True)
    if overload in OVERLOADS:
        method, inside = OVERLOADS[overload]
        return method, body[inside]
    if overload == "pollCopyFrom":
        return "poll_copy_from", {"token": path[1]}
    if path[:1] == ["schema"] and request.method == "POST":
        return "update_schema", {"schema": body}
    if path[:1] == ["metadata"] and request.method == "PATCH":
        return "update_metadata", body
    known = {"": "write", "query": "multi_query" if "queries" in body else "query", "_debug": "recall"}
    name = path[0] if path else ""
    return ("delete_all" if request.method == "DELETE" else known.get(name, name)), body


def used(requests):
    """What these requests carried: parameters, fields, words."""
    parameters, keys, words = set(), set(), set()
    for request in requests:
        method, params = method_of(request)
        parameters |= {(method, name) for name in params}
        keys_and_words(list(params.values()), keys, words)
    return parameters, keys, words
