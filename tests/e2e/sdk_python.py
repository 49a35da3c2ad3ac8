"""Drives the official Python SDK through the table of scenarios: `sdk_python.py CLIENT URL KEY FRESH`, the
table on standard input, the report on standard output. CLIENT is Turbopuffer or AsyncTurbopuffer."""

import asyncio
import inspect
import json
import sys

import turbopuffer as tpuf

CLIENT_OPTIONS = {"headers": "default_headers", "query": "default_query"}
CALL_OPTIONS = {"headers": "extra_headers", "query": "extra_query"}


def filled(value, name, answers):
    """A parameter with the scenario's name and what earlier steps answered in it."""
    if isinstance(value, str):
        return value.replace("{namespace}", name)
    if isinstance(value, list):
        return [filled(item, name, answers) for item in value]
    if isinstance(value, dict):
        if "$answer" in value:
            step, *path = value["$answer"].split(".")
            found = answers[int(step)]["answer"]
            for key in path:
                found = found[int(key) if isinstance(found, list) else key]
            return found
        return {key: filled(item, name, answers) for key, item in value.items()}
    return value


def plain(answer):
    if isinstance(answer, tpuf.BaseModel):
        return answer.to_dict(mode="json")
    if isinstance(answer, dict):
        return {key: plain(value) for key, value in answer.items()}
    return [plain(value) for value in answer] if isinstance(answer, list) else answer


async def awaited(value):
    return await value if inspect.isawaitable(value) else value


def failure(error):
    status = getattr(error, "status_code", None)
    kind = "timeout" if isinstance(error, tpuf.APITimeoutError) else type(error).__name__
    return {"status": status, "kind": kind, "message": str(error), "body": getattr(error, "body", None)}


class Driver:
    def __init__(self, kind, url, key):
        self.kind, self.url, self.key, self.clients = kind, url, key, {}

    def client(self, options):
        name = json.dumps(options, sort_keys=True)
        if name not in self.clients:
            renamed = {CLIENT_OPTIONS.get(option, option): value for option, value in options.items()}
            self.clients[name] = self.kind(
                **({"api_key": self.key, "base_url": self.url, "max_retries": 0} | renamed)
            )
        return self.clients[name]

    async def close(self):
        for client in self.clients.values():
            await awaited(client.close())

    async def call(self, step, client, name, args):
        method = step["method"]
        if method == "all_namespaces":
            pages = client.namespaces(**args)
            if self.kind is tpuf.AsyncTurbopuffer:
                return {"answer": [entry.id async for entry in pages]}
            return {"answer": [entry.id for entry in pages]}
        owner = client if method == "namespaces" else client.namespace(name + step["on"])
        if step["headers"]:
            owner = owner.with_raw_response
        function, options = getattr(owner, method), step["options"]
        if "max_retries" in options:
            function = getattr(
                client.with_options(max_retries=options["max_retries"]).namespace(name + step["on"]), method
            )
        known = inspect.signature(function).parameters
        extra = {key: args.pop(key) for key in list(args) if key not in known}
        args |= {CALL_OPTIONS.get(key, key): value for key, value in options.items() if key != "max_retries"}
        if extra:
            args["extra_body"] = extra
        answer = await awaited(function(**args))
        if not step["headers"]:
            return {"answer": plain(answer)}
        headers = {key: answer.headers.get(key) for key in step["headers"]}
        return {"answer": plain(await awaited(answer.parse())), "headers": headers}

    async def play(self, name, scenario):
        seen = []
        for step in scenario["steps"]:
            client = self.client(scenario["client"] | step["client"])
            try:
                seen.append(await self.call(step, client, name, filled(step["args"], name, seen)))
            except tpuf.APIError as error:
                seen.append({"error": failure(error)})
        return seen

    async def fresh(self, scenarios):
        """Deletes what an earlier run left."""
        client = self.client({})
        pages = client.namespaces(prefix="sdk_")
        found = (
            [entry.id async for entry in pages]
            if hasattr(pages, "__aiter__")
            else [entry.id for entry in pages]
        )
        for name in found:
            await awaited(client.namespace(name).delete_all())

    async def run(self, table, fresh):
        scenarios = json.loads(table)
        try:
            if fresh:
                await self.fresh(scenarios)
            return {name: await self.play("sdk_" + name, scenario) for name, scenario in scenarios.items()}
        finally:
            await self.close()


def main(kind, url, key, fresh):
    report = asyncio.run(Driver(getattr(tpuf, kind), url, key).run(sys.stdin.read(), fresh == "fresh"))
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
