// Drives the official TypeScript SDK through the table of scenarios: `node driver.mjs URL KEY FRESH`, the table on
// standard input, the report on standard output.
import { text } from "node:stream/consumers";
import Turbopuffer from "@turbopuffer/turbopuffer";

const [baseURL, key, fresh] = process.argv.slice(2);
const clients = new Map();
const SECONDS = 1000;

function client({ api_key = key, headers, query, max_retries = 0, timeout, compression }) {
  const options = { apiKey: api_key, baseURL, maxRetries: max_retries };
  if (headers) options.defaultHeaders = headers;
  if (query) options.defaultQuery = query;
  if (timeout) options.timeout = timeout * SECONDS;
  if (compression !== undefined) options.compression = compression;
  const name = JSON.stringify(options);
  if (!clients.has(name)) clients.set(name, new Turbopuffer(options));
  return clients.get(name);
}

function callOptions({ headers, query, max_retries, timeout }) {
  const options = {};
  if (headers) options.headers = headers;
  if (query) options.query = query;
  if (max_retries !== undefined) options.maxRetries = max_retries;
  if (timeout) options.timeout = timeout * SECONDS;
  return options;
}

// A parameter with the scenario's name and what earlier steps answered in it.
function filled(value, name, answers) {
  if (typeof value === "string") return value.replaceAll("{namespace}", name);
  if (Array.isArray(value)) return value.map((item) => filled(item, name, answers));
  if (value === null || typeof value !== "object") return value;
  if (value.$answer) {
    const [step, ...path] = value.$answer.split(".");
    return path.reduce((found, part) => found[part], answers[step].answer);
  }
  return Object.fromEntries(Object.entries(value).map(([part, item]) => [part, filled(item, name, answers)]));
}

const camel = (method) => method.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

function send(step, from, name, args) {
  const options = callOptions(step.options);
  if (step.method === "namespaces") return from.namespaces(args, options);
  const method = camel(step.method);
  const namespace = from.namespace(name + step.on);
  const without = ["schema", "metadata", "deleteAll", "hintCacheWarm"].includes(method);
  if (method === "exists") return namespace.exists();
  return namespace[method](without ? {} : args, options);
}

async function call(step, from, name, args) {
  if (step.method === "all_namespaces") {
    const answer = [];
    for await (const entry of from.namespaces(args)) answer.push(entry.id);
    return { answer };
  }
  const promise = send(step, from, name, args);
  if (!step.headers.length) return { answer: plain(await promise) };
  const { data, response } = await promise.withResponse();
  return { answer: plain(data), headers: Object.fromEntries(step.headers.map((h) => [h, response.headers.get(h)])) };
}

// A page as the service answered it.
const plain = (answer) =>
  answer?.namespaces ? { namespaces: answer.namespaces, next_cursor: answer.next_cursor } : answer;

function failure(error) {
  if (!(error instanceof Turbopuffer.TurbopufferError)) throw error;
  return {
    status: error.status ?? null,
    kind: error instanceof Turbopuffer.APIConnectionTimeoutError ? "timeout" : error.constructor.name,
    message: error.message,
    body: error.error ?? error.message.replace(/^\d+ /, ""),
  };
}

async function play(name, scenario) {
  const seen = [];
  for (const step of scenario.steps) {
    try {
      const from = client({ ...scenario.client, ...step.client });
      seen.push(await call(step, from, name, filled(step.args, name, seen)));
    } catch (error) {
      seen.push({ error: failure(error) });
    }
  }
  return seen;
}

if (fresh === "fresh") {
  for await (const entry of client({}).namespaces({ prefix: "sdk_" })) await client({}).namespace(entry.id).deleteAll();
}
const report = {};
for (const [name, scenario] of Object.entries(JSON.parse(await text(process.stdin)))) {
  report[name] = await play(`sdk_${name}`, scenario);
}
// The SDK's pools would keep the process for as long as a connection may idle.
process.stdout.write(JSON.stringify(report), () => process.exit(0));
