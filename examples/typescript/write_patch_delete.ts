// The life of a few documents: write, query, patch, delete.
//
//     node write_patch_delete.ts

import { Turbopuffer } from "@turbopuffer/turbopuffer";

const client = new Turbopuffer({
  apiKey: process.env.TURBOPUFFER_API_KEY,
  baseURL: process.env.TURBOPUFFER_BASE_URL ?? "http://127.0.0.1:8080",
});
const notes = client.namespace("example-notes-typescript");
if (await notes.exists()) await notes.deleteAll();

const written = await notes.write({
  upsert_rows: [
    { id: 1, vector: [0.1, 0.9], text: "a walrus on the ice", tags: ["sea"] },
    { id: 2, vector: [0.8, 0.2], text: "a fox in the snow", tags: ["land"] },
    { id: 3, vector: [0.7, 0.3], text: "an arctic fox asleep", tags: ["land"] },
  ],
  schema: { text: { type: "string", full_text_search: true }, tags: "[]string" },
  distance_metric: "cosine_distance",
});
console.log("written:", written.rows_upserted);

let found = await notes.query({ rank_by: ["text", "BM25", "fox"], limit: 10, include_attributes: ["text"] });
console.log("about foxes:", found.rows!.map((row) => row.text));

const patched = await notes.write({ patch_rows: [{ id: 2, tags: ["land", "red"] }] });
console.log("patched:", patched.rows_patched);

found = await notes.query({
  rank_by: ["id", "asc"],
  filters: ["tags", "Contains", "red"],
  limit: 10,
  include_attributes: ["tags"],
});
console.log("red ones:", found.rows!.map((row) => [row.id, row.tags]));

const deleted = await notes.write({ deletes: [1, 2] });
console.log("deleted:", deleted.rows_deleted);

const left = await notes.query({ rank_by: ["id", "asc"], limit: 10 });
console.log("left:", left.rows!.map((row) => row.id));

const schema: any = await notes.schema();
console.log("the text attribute is searched with:", schema.text.full_text_search.tokenizer);
await notes.deleteAll();
console.log("gone:", !(await notes.exists()));
