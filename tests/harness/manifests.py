"""Kubernetes manifests for LAYER_CONFIG_DIR, as JSON, which is YAML."""

import json

from . import canary


def secret(name, **values):
    assert all(map(canary.is_planted, values.values())), "use harness.canary for secrets"
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


def reference(name, key):
    return {"name": name, "key": key}


def store(name, url, key="api-key", default=None, auth=None, kind="turbopuffer"):
    spec = {
        "kind": kind,
        "endpoint": {"url": url, "region": "test-1"},
        "credential": {"secretRef": reference("layer", key)},
    }
    if default is not None:
        spec["default"] = default
    if auth:
        spec["inboundAuth"] = auth
    return manifest("hevlayer.com/v1alpha1", "VectorStore", name, spec)


def index(name, namespace, store_ref):
    spec = {"backend": {"storeRef": store_ref, "namespace": namespace}}
    return manifest("hevlayer.com/v1", "Index", name, spec)


def manifest(version, kind, name, spec):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def inbound_key(name, scopes):
    return {"name": name, "scopes": scopes, "secretRef": reference("layer", name)}


class Folder:
    """A directory of manifests, one file each."""

    def __init__(self, path):
        self.path = path

    def write(self, name, *documents):
        text = "\n---\n".join(json.dumps(document, indent=2) for document in documents)
        self.write_text(name, text)

    def write_text(self, name, text):
        """The new file appears at once, never half-written."""
        draft = self.path / f".{name}.new"
        draft.write_text(text)
        draft.rename(self.path / name)

    def remove(self, name):
        (self.path / name).unlink()
