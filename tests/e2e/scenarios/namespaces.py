"""What is there besides documents: listing, schemas, metadata, deletion, warming, recall."""

from .table import ABSENT, METRIC, NAMESPACE, call, library, scenario

FULL_TEXT = {
    "k1": 1.2,
    "k3": 8.0,
    "b": 0.75,
    "language": "dutch",
    "stemming": False,
    "max_token_length": 39,
    "remove_stopwords": False,
    "ascii_folding": False,
    "case_sensitive": False,
    "tokenizer": "word_v4",
}


def shown(kind, filterable=True, full_text_search=None, **more):
    return {"type": kind, "filterable": filterable, "full_text_search": full_text_search} | more


SHOWN = {
    "id": shown("uint", None),
    "shelf": shown("string"),
    "blurb": shown("string", False, FULL_TEXT),
    "on": shown("bool"),
    "ages": shown("[]int"),
    "vector": shown("[2]f32", None, ann=True),
}
scenario(
    "schema_shapes",
    call(
        "write",
        upsert_rows=[
            {"id": 1, "vector": [0.1, 0.2], "shelf": "A", "blurb": "text", "on": True, "ages": [1, 2]}
        ],
        schema={"blurb": {"type": "string", "full_text_search": {"language": "dutch"}}},
        **METRIC,
    ),
    call("schema", see={"": SHOWN}),
    call(
        "update_schema",
        see={"": SHOWN | {"blurb": shown("string", True), "later": shown("float")}},
        schema={
            "blurb": {"type": "string", "full_text_search": False, "filterable": True},
            "later": "float",
        },
    ),
    call(
        "update_schema",
        fails=(400, "cannot change attribute type from string to uint"),
        schema={"shelf": "uint"},
    ),
)

METADATA_KEYS = [
    "approx_logical_bytes",
    "approx_row_count",
    "created_at",
    "encryption",
    "index",
    "last_write_at",
    "schema",
    "updated_at",
]
scenario(
    "metadata_has_exactly_these_keys",
    library(),
    call(
        "metadata",
        gateway_sees={"#": sorted([*METADATA_KEYS, "layer"])},
        see={
            "#": METADATA_KEYS,
            "approx_row_count": 0,
            "approx_logical_bytes": 0,
            "encryption": {"mode": "default"},
            "index": {"status": "up-to-date"},
            "schema.id": {"type": "uint"},
            "schema.shelf": {"type": "string", "filterable": True},
            "schema.vector": {"type": "[2]f32", "ann": {"distance_metric": "cosine_distance"}},
            "schema.title.full_text_search.#": sorted(FULL_TEXT),
        },
    ),
)

scenario(
    "listing",
    [call("write", on=f"-{number:02}", upsert_rows=[{"id": 1}]) for number in range(12)],
    call("namespaces", see={"namespaces.#": 5, "next_cursor": bool}, prefix=NAMESPACE + "-", page_size=5),
    call(
        "namespaces",
        see={"namespaces.*.id": [f"{NAMESPACE}-{number:02}" for number in range(5, 10)]},
        prefix=NAMESPACE + "-",
        page_size=5,
        cursor={"$answer": "12.next_cursor"},
    ),
    call(
        "all_namespaces",
        see={"": [f"{NAMESPACE}-{number:02}" for number in range(12)]},
        prefix=NAMESPACE + "-",
        page_size=5,
    ),
    call("all_namespaces", see={"#": 12}, prefix=NAMESPACE + "-"),
    call("all_namespaces", see={"": []}, prefix=NAMESPACE + "-no"),
    call("namespaces", fails=(400, "page_size"), page_size=1001),
    call("namespaces", fails=(400, "cursor"), cursor="?"),
)

MISSING = (404, f"🤷 namespace '{NAMESPACE}' was not found")
scenario(
    "deletion",
    library(),
    call("exists", see={"": True}),
    call("delete_all", see={"": {"status": "OK"}}),
    call("exists", see={"": False}),
    call("delete_all", fails=MISSING, gateway_sees={"": {"status": "OK"}}),
    call("schema", fails=MISSING),
    call("update_schema", fails=MISSING, schema={"n": "uint"}),
    call("metadata", fails=MISSING),
    call("hint_cache_warm", fails=MISSING),
    call("recall", fails=MISSING),
    call("query", fails=MISSING, rank_by=["id", "asc"], limit=1),
    call("explain_query", fails=MISSING, rank_by=["id", "asc"], limit=1),
    call("multi_query", fails=MISSING, queries=[{"rank_by": ["id", "asc"], "limit": 1}]),
    call("write", fails=MISSING, deletes=[1]),
    call("write", fails=MISSING, patch_rows=[{"id": 1, "n": 1}]),
    call("write", see={"rows_upserted": 1}, upsert_rows=[{"id": "string ids now"}]),
)

scenario(
    "warming",
    library(),
    call(
        "hint_cache_warm",
        see={
            "status": lambda status: status in ("ACCEPTED", "OK"),
            "message": lambda text: isinstance(text, str),
        },
    ),
)

scenario(
    "recall",
    call("write", upsert_rows=[{"id": n, "vector": [n, 1.0]} for n in (1, 2, 3)], **METRIC),
    call(
        "recall",
        see={"avg_recall": 1, "avg_ann_count": 2, "avg_exhaustive_count": 2, "ground_truth": ABSENT},
        num=1,
        top_k=2,
    ),
    call("recall", see={"avg_recall": 1}),
)

scenario(
    "names_with_every_allowed_character",
    call("write", on="-Az09_.", see={"rows_upserted": 1}, upsert_rows=[{"id": 1}]),
    call("exists", on="-Az09_.", see={"": True}),
    call("schema", on="-ä", fails=(400, "Invalid URL: Namespace contains invalid characters")),
    call("schema", on="-a/b c", fails=(400, "Invalid URL: Namespace contains invalid characters")),
    call("schema", on="-" + "n" * 128, fails=(400, "is too long, limit is currently 128 characters")),
)
