// The official TypeScript SDK, unmodified: `node scenarios.mjs URL KEY` runs every scenario and prints one JSON
// object, scenario → what it saw or {"failed": reason}. Asserted to the letter: what the SDK's own live tests assert.
import assert from "node:assert/strict";
import Turbopuffer from "@turbopuffer/turbopuffer";

const [baseURL, apiKey] = process.argv.slice(2);
const connect = (options = {}) => new Turbopuffer({ apiKey, baseURL, maxRetries: 0, ...options });
const client = connect();
const ids = (answer) => answer.rows.map((row) => row.id);

async function fresh(name, from = client) {
  const namespace = from.namespace(`ts-${name}`);
  await namespace.deleteAll().catch((error) => assert.equal(error.status, 404));
  return namespace;
}

const books = [
  { id: 1, vector: [0.1, 0.2], title: "harbour lights", shelf: "A", tags: ["sea", "night"] },
  { id: 2, vector: [0.9, 0.1], title: "inland", shelf: "B", tags: [] },
  { id: 3, vector: [0.7, 0.7], title: "night ferry to the harbour", tags: ["night"] },
];

async function library(name) {
  const namespace = await fresh(name);
  const answer = await namespace.write({
    upsert_rows: books,
    distance_metric: "cosine_distance",
    schema: { title: { type: "string", full_text_search: true, filterable: true }, tags: "[]string", shelf: "string" },
  });
  assert.equal(answer.rows_affected, 3);
  return namespace;
}

async function refusal(promise) {
  const error = await promise.then(
    () => assert.fail("was not refused"),
    (reason) => reason,
  );
  return [error.constructor.name, error.status, error.message];
}

const scenarios = {
  async rows(name) {
    const namespace = await library(name);
    const answer = await namespace.query({ rank_by: ["id", "asc"], limit: 10, include_attributes: true });
    assert.deepEqual(answer.rows, books);
    assert.ok(answer.performance.server_total_ms > 2 && answer.performance.query_execution_ms > 2);
    return answer.rows;
  },

  async columns(name) {
    const namespace = await fresh(name);
    await namespace.write({
      upsert_columns: { id: [1, 2], vector: [[0.7, 0.7], [0.1, 0.9]], word: ["hello", null] }, // prettier-ignore
      distance_metric: "euclidean_squared",
    });
    const answer = await namespace.query({
      rank_by: ["vector", "ANN", [0.7, 0.7]],
      limit: 10,
      include_attributes: ["vector", "word"],
    });
    assert.deepEqual(answer.rows[0], { id: 1, $dist: 0, vector: [0.7, 0.7], word: "hello" });
    return answer.rows;
  },

  async patchesAndDeletes(name) {
    const namespace = await library(name);
    const patched = await namespace.write({ patch_rows: [{ id: 1, shelf: null }, { id: 77, shelf: "Z" }] }); // prettier-ignore
    assert.equal(patched.rows_patched, 1);
    await namespace.write({ deletes: [2] });
    const answer = await namespace.query({ rank_by: ["id", "asc"], limit: 10, include_attributes: ["shelf"] });
    assert.deepEqual(answer.rows, [{ id: 1 }, { id: 3 }]);
    return answer.rows;
  },

  async filters(name) {
    const namespace = await library(name);
    const table = [
      [["shelf", "Eq", null], [3]],
      [["shelf", "NotEq", "A"], [2, 3]],
      [["tags", "ContainsAny", ["sea", "snow"]], [1]],
      [["title", "ContainsAllTokens", "night harbour"], [3]],
      [["Not", ["Or", [["id", "Eq", 1], ["title", "Glob", "in*"]]]], [3]], // prettier-ignore
    ];
    for (const [filters, expected] of table) {
      assert.deepEqual(ids(await namespace.query({ rank_by: ["id", "asc"], limit: 10, filters })), expected);
    }
    return table;
  },

  async manyQueries(name) {
    const namespace = await library(name);
    const queries = [
      { rank_by: ["vector", "ANN", [0.7, 0.7]], limit: 2 },
      { rank_by: ["title", "BM25", "night"], limit: 2 },
    ];
    const apart = await namespace.multiQuery({ queries });
    const fused = await namespace.multiQuery({ queries, rerank_by: ["RRF"], limit: 2 });
    assert.equal(apart.results.length, 2);
    assert.equal(fused.results.length, 1);
    return [apart.results, fused.results];
  },

  async schemaAndMetadata(name) {
    const namespace = await library(name);
    const schema = await namespace.schema();
    assert.deepEqual(schema.vector, { type: "[2]f32", ann: true, filterable: null, full_text_search: null });
    const updated = await namespace.updateSchema({ schema: { extra: "float" } }).catch(() => null);
    const { created_at, updated_at, last_write_at, ...metadata } = await namespace.metadata();
    assert.ok(created_at && updated_at && last_write_at);
    assert.deepEqual(
      Object.keys(metadata).sort(),
      ["approx_logical_bytes", "approx_row_count", "encryption", "index", "schema"], // prettier-ignore
    );
    return [schema, updated, metadata];
  },

  async listing(name) {
    for (let number = 10; number < 22; number++) {
      await (await fresh(`${name}-${number}`)).write({ upsert_rows: [{ id: number }] });
    }
    const prefix = `ts-${name}`;
    const first = await client.namespaces({ prefix, page_size: 5 });
    const second = await client.namespaces({ prefix, page_size: 5, cursor: first.next_cursor });
    assert.equal(first.namespaces.length, 5);
    assert.equal(second.namespaces.length, 5);
    assert.notEqual(first.next_cursor, second.next_cursor);
    const all = [];
    for await (const entry of client.namespaces({ prefix, page_size: 5 })) all.push(entry.id);
    assert.equal(all.length, 12);
    return all;
  },

  async compression(name) {
    const namespace = await fresh(name, connect({ compression: true }));
    const rows = Array.from({ length: 60 }, (_, id) => ({ id, text: "sea ".repeat(50) }));
    await namespace.write({ upsert_rows: rows });
    const answer = await namespace.query({ rank_by: ["id", "asc"], limit: 60, include_attributes: true });
    assert.deepEqual(answer.rows, rows);
    return answer.rows.length;
  },

  async deletion(name) {
    const namespace = await library(name);
    assert.equal(await namespace.exists(), true);
    const gone = await namespace.deleteAll();
    assert.equal(await namespace.exists(), false);
    return [gone, await refusal(namespace.deleteAll()), await refusal(namespace.metadata())];
  },

  async errors(name) {
    const namespace = await library(name);
    const refused = [
      await refusal(namespace.query({ rank_by: ["id", "asc"], limit: 1, filters: ["tags", "ContainsAny", "sea"] })),
      await refusal(namespace.query({ rank_by: ["id", "asc"], limit: 1, consistency: { level: "never" } })),
      await refusal(namespace.write({ upsert_rows: { id: 1 } })),
      await refusal(connect({ apiKey: "tpuf_wrong" }).namespace("ts-any").schema()),
    ];
    const kinds = refused.map(([kind]) => kind);
    assert.deepEqual(kinds, ["BadRequestError", "UnprocessableEntityError", "UnprocessableEntityError", "AuthenticationError"]); // prettier-ignore
    assert.match(refused[0][2], /type mismatch, ContainsAny expects \[\]string, but got /);
    return refused.slice(0, 3);
  },
};

const report = {};
for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    report[name] = { saw: await scenario(name) };
  } catch (error) {
    report[name] = { failed: error.stack };
  }
}
console.log(JSON.stringify(report));
