"""Writes that look first: conditions, writes by filter, copies and branches."""

from .table import ABSENT, BY_ID, METRIC, NAMESPACE, call, finds, library, scenario

NEWER = ["version", "Lt", {"$ref_new": "version"}]
VERSIONS = call("write", upsert_rows=[{"id": n, "version": n * 10} for n in (1, 2, 3)])

scenario(
    "conditions",
    VERSIONS,
    call(
        "write",
        see={"rows_upserted": 2, "upserted_ids": [1, 4]},
        upsert_rows=[{"id": 1, "version": 11}, {"id": 2, "version": 20}, {"id": 4, "version": 1}],
        upsert_condition=NEWER,
        return_affected_ids=True,
    ),
    call(
        "write",
        see={"rows_patched": 1, "patched_ids": [3]},
        patch_rows=[{"id": 3, "version": 31}, {"id": 2, "version": 2}, {"id": 9, "version": 99}],
        patch_condition=NEWER,
        return_affected_ids=True,
    ),
    call(
        "write",
        see={"rows_deleted": 1, "deleted_ids": [2]},
        deletes=[1, 2, 8],
        delete_condition=["version", "Eq", 20],
        return_affected_ids=True,
    ),
    finds([1, 3, 4], include_attributes=["version"], see={"rows.*.version": [11, 31, 1]}),
    call(
        "write",
        see={"rows_upserted": 1},
        upsert_columns={"id": [1, 5], "version": [0, 5]},
        upsert_condition=["id", "Eq", None],
    ),
    finds([1, 3, 4, 5]),
)

scenario(
    "writes_by_filter",
    library(),
    call(
        "write",
        see={"rows_patched": 2, "patched_ids": [1, 3]},
        patch_by_filter={"filters": ["shelf", "Eq", "A"], "patch": {"shelf": "Z", "rank": None}},
        patch_by_filter_allow_partial=True,
        return_affected_ids=True,
    ),
    call(
        "write",
        see={"rows_deleted": 2, "deleted_ids": [2, 4]},
        delete_by_filter=["shelf", "NotEq", "Z"],
        delete_by_filter_allow_partial=True,
        return_affected_ids=True,
    ),
    finds([1, 3], include_attributes=["shelf", "rank"], see={"rows.0": {"id": 1, "shelf": "Z"}}),
    call(
        "write",
        see={"rows_affected": 3},
        delete_by_filter=["id", "Eq", 1],
        patch_by_filter={"filters": ["id", "Eq", 3], "patch": {"rank": 7}},
        upsert_rows=[{"id": 1, "vector": [1.0, 1.0]}],
    ),
)

scenario(
    "copies",
    library("-from"),
    call(
        "copy_from",
        see={"rows_affected": 4, "status": "OK", "message": "namespace cloned successfully"},
        source_namespace=NAMESPACE + "-from",
        dest_encryption={"mode": "default"},
    ),
    call("query", see={"rows.*.id": [1, 2, 3, 4]}, **BY_ID),
    call("write", see={"rows_affected": 4}, on="-2", copy_from_namespace=NAMESPACE + "-from"),
    call(
        "write",
        see={"rows_affected": 4},
        on="-3",
        copy_from_namespace={"source_namespace": NAMESPACE + "-from"},
    ),
    call("write", see={"rows_deleted": 1}, on="-from", deletes=[1]),
    call("query", see={"rows.*.id": [1, 2, 3, 4]}, on="-3", **BY_ID),
    call(
        "copy_from", fails=(400, "destination namespace already exists"), source_namespace=NAMESPACE + "-from"
    ),
    call("copy_from", fails=(404, "was not found"), on="-4", source_namespace=NAMESPACE + "-nowhere"),
)

scenario(
    "branches",
    library("-from"),
    call("branch_from", see={"status": "OK"}, source_namespace=NAMESPACE + "-from"),
    call("metadata", see={"branching": {"parent": NAMESPACE + "-from"}}),
    call("write", see={"status": "OK"}, on="-2", branch_from_namespace=NAMESPACE + "-from"),
    call(
        "write",
        see={"status": "OK"},
        on="-3",
        branch_from_namespace={"source_namespace": NAMESPACE + "-from"},
    ),
    call("write", see={"rows_deleted": 1}, deletes=[1]),
    call("query", see={"rows.*.id": [2, 3, 4]}, **BY_ID),
    call("query", see={"rows.*.id": [1, 2, 3, 4]}, on="-from", **BY_ID),
    call("branch_from", fails=(404, "was not found"), on="-4", source_namespace=NAMESPACE + "-nowhere"),
)

scenario(
    "shards",
    call("write", see={"rows_upserted": 2}, upsert_rows=[{"id": 1}, {"id": 2}], sharding={"num_shards": 4}),
    call("metadata", see={"sharding": {"num_shards": 4}}),
    call("write", fails=(400, "shard"), upsert_rows=[{"id": 3}], sharding={"num_shards": 8}),
    finds([1, 2]),
)

scenario(
    "encryption_with_a_malformed_key",
    call(
        "write",
        fails=(400, "Malformed Cloud KMS crypto key: mykey"),
        upsert_rows=[{"id": 1, "vector": [0.1, 0.1]}],
        encryption={"mode": "customer-managed", "key_name": "mykey"},
        **METRIC,
    ),
)

scenario(
    "settings_in_metadata",
    library(),
    call("update_metadata", see={"pinning.replicas": 2}, pinning={"replicas": 2}),
    call("update_metadata", see={"approx_row_count": 0}, pinning=None),
    call("update_metadata", see={"read_only": True}, read_only=True),
    call("write", fails=(400, "💔 Writes not permitted. This namespace is read-only."), deletes=[1]),
    call("update_metadata", see={"read_only": ABSENT}, read_only=False),
    call("write", see={"rows_deleted": 1}, deletes=[1]),
)

scenario(
    "namespaces_created_empty",
    call(
        "write",
        see={"rows_affected": 0},
        create_namespace=True,
        schema={"id": "uint", "n": "int", "m": "int"},
    ),
    call("exists", see={"": True}),
    call("write", see={"rows_upserted": 1}, create_namespace=False, upsert_rows=[{"id": 1, "n": 2, "m": 3}]),
    call("write", fails=(404, "was not found"), on="-no", create_namespace=False, upsert_rows=[{"id": 1}]),
    call("update_schema", see={"n": ABSENT, "m.type": "int"}, schema={"n": {"drop": True}}),
    finds([1], include_attributes=True, see={"rows": [{"id": 1, "m": 3}]}),
)
