"""The life of a few documents: write, query, patch, delete.

python write_patch_delete.py
"""

import contextlib
import os

import turbopuffer


def main():
    client = turbopuffer.Turbopuffer(
        api_key=os.environ["TURBOPUFFER_API_KEY"],
        base_url=os.environ.get("TURBOPUFFER_BASE_URL", "http://127.0.0.1:8080"),
    )
    notes = client.namespace("example-notes-python")
    with contextlib.suppress(turbopuffer.NotFoundError):
        notes.delete_all()

    written = notes.write(
        upsert_rows=[
            {"id": 1, "vector": [0.1, 0.9], "text": "a walrus on the ice", "tags": ["sea"]},
            {"id": 2, "vector": [0.8, 0.2], "text": "a fox in the snow", "tags": ["land"]},
            {"id": 3, "vector": [0.7, 0.3], "text": "an arctic fox asleep", "tags": ["land"]},
        ],
        schema={"text": {"type": "string", "full_text_search": True}, "tags": "[]string"},
        distance_metric="cosine_distance",
    )
    print("written:", written.rows_upserted)

    found = notes.query(rank_by=("text", "BM25", "fox"), limit=10, include_attributes=["text"])
    print("about foxes:", [row.text for row in found.rows])

    patched = notes.write(patch_rows=[{"id": 2, "tags": ["land", "red"]}])
    print("patched:", patched.rows_patched)

    found = notes.query(
        rank_by=("id", "asc"),
        filters=("tags", "Contains", "red"),
        limit=10,
        include_attributes=["tags"],
    )
    print("red ones:", [(row.id, row.tags) for row in found.rows])

    deleted = notes.write(deletes=[1, 2])
    print("deleted:", deleted.rows_deleted)

    left = notes.query(rank_by=("id", "asc"), limit=10)
    print("left:", [row.id for row in left.rows])

    print("the text attribute is searched with:", notes.schema()["text"].full_text_search.tokenizer)
    notes.delete_all()
    print("gone:", not notes.exists())


if __name__ == "__main__":
    main()
