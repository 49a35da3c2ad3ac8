// Searches the Debian package catalogue that `layer dev --sample` loads.
//
//     node search_packages.ts "small fast web server"

import { Turbopuffer } from "@turbopuffer/turbopuffer";
import { featureHash } from "./feature_hash.ts";

const client = new Turbopuffer({
  apiKey: process.env.TURBOPUFFER_API_KEY,
  baseURL: process.env.TURBOPUFFER_BASE_URL ?? "http://127.0.0.1:8080",
});
const packages = client.namespace("debian-packages");
const words = process.argv.slice(2).join(" ") || "small fast web server";
const include_attributes = ["section", "installed_size", "description"];

type Row = { id: string | number; [attribute: string]: unknown };

function show(title: string, rows: Row[] = []) {
  console.log(`\n${title}`);
  for (const row of rows) {
    const summary = String(row.description).split("\n")[0];
    console.log(`  ${String(row.id).padEnd(30)} ${String(row.section).padEnd(12)} ${summary}`);
  }
}

const byText: any = ["description", "BM25", words];
const byVector: any = ["vector", "ANN", featureHash(words)];

let answer = await packages.query({ rank_by: byText, limit: 5, include_attributes });
show(`By text: "${words}"`, answer.rows);

answer = await packages.query({ rank_by: byVector, limit: 5, include_attributes });
show("By vector, from the same words", answer.rows);

answer = await packages.query({ rank_by: byText, limit: 1, include_attributes: ["vector"] });
const first = answer.rows![0];
answer = await packages.query({
  rank_by: ["vector", "ANN", first.vector as number[]],
  filters: ["id", "NotEq", first.id],
  limit: 5,
  include_attributes,
});
show(`More like ${first.id}`, answer.rows);

answer = await packages.query({
  rank_by: ["installed_size", "desc"],
  filters: [
    "And",
    [
      ["section", "In", ["web", "httpd"]],
      ["description", "ContainsAllTokens", "server"],
    ],
  ],
  limit: 5,
  include_attributes,
});
show("The largest web servers, by filter", answer.rows);

const fused = await packages.multiQuery({
  queries: [
    { rank_by: byText, limit: 20, include_attributes },
    { rank_by: byVector, limit: 20, include_attributes },
  ],
  rerank_by: ["RRF", { weights: [2, 1] }],
  limit: 5,
});
show("Hybrid: text and vector, fused by reciprocal rank", fused.results[0].rows);
