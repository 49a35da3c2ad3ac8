"""Search the Debian package catalogue that `layer dev --sample` loads.

python search_packages.py "small fast web server"
"""

import os
import sys

import turbopuffer
from feature_hash import feature_hash

SHOWN = ["section", "installed_size", "description"]


def show(title, rows):
    print(f"\n{title}")
    for row in rows:
        summary = row.description.split("\n")[0]
        print(f"  {row.id:30} {row.section:12} {summary}")


def main():
    words = " ".join(sys.argv[1:]) or "small fast web server"
    client = turbopuffer.Turbopuffer(
        api_key=os.environ["TURBOPUFFER_API_KEY"],
        base_url=os.environ.get("TURBOPUFFER_BASE_URL", "http://127.0.0.1:8080"),
    )
    packages = client.namespace("debian-packages")
    by_text = ("description", "BM25", words)
    by_vector = ("vector", "ANN", feature_hash(words))

    answer = packages.query(rank_by=by_text, limit=5, include_attributes=SHOWN)
    show(f'By text: "{words}"', answer.rows)

    answer = packages.query(rank_by=by_vector, limit=5, include_attributes=SHOWN)
    show("By vector, from the same words", answer.rows)

    first = packages.query(rank_by=by_text, limit=1, include_attributes=["vector"]).rows[0]
    answer = packages.query(
        rank_by=("vector", "ANN", first.vector),
        filters=("id", "NotEq", first.id),
        limit=5,
        include_attributes=SHOWN,
    )
    show(f"More like {first.id}", answer.rows)

    answer = packages.query(
        rank_by=("installed_size", "desc"),
        filters=(
            "And",
            [("section", "In", ["web", "httpd"]), ("description", "ContainsAllTokens", "server")],
        ),
        limit=5,
        include_attributes=SHOWN,
    )
    show("The largest web servers, by filter", answer.rows)

    answer = packages.multi_query(
        queries=[
            {"rank_by": by_text, "limit": 20, "include_attributes": SHOWN},
            {"rank_by": by_vector, "limit": 20, "include_attributes": SHOWN},
        ],
        rerank_by=("RRF", {"weights": [2, 1]}),
        limit=5,
    )
    show("Hybrid: text and vector, fused by reciprocal rank", answer.results[0].rows)


if __name__ == "__main__":
    main()
