"""An MCP server whose lists a test writes: FEATURES is a file of JSON, read at each list. Standard library only."""

import json
import os
import sys
import time

features_file = os.environ["FEATURES"]
seen_file = features_file + ".seen"
name = os.environ.get("NAME", "listing")


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def note(method, params):
    with open(seen_file, "a") as file:
        file.write(json.dumps([method, params]) + "\n")


def features():
    with open(features_file) as file:
        return json.load(file)


LISTS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}


def call(params):
    tool, arguments = params["name"], params.get("arguments", {})
    if tool == "notify":
        # Tells whatever it is asked to.
        send({"method": arguments["method"], "params": arguments.get("params", {})})
    elif tool not in [known["name"] for known in features().get("tools", [])]:
        return None
    return {"content": [{"type": "text", "text": f"{tool} of {name}"}]}


if os.environ.get("DEAD"):
    sys.exit("no license")
for line in sys.stdin:
    message = json.loads(line)
    method, params = message.get("method"), message.get("params") or {}
    if "id" not in message:
        continue
    note(method, params)
    if method == "initialize":
        lists = {"listChanged": True}
        result = {"protocolVersion": params["protocolVersion"], "serverInfo": {"name": name, "version": "1"},
                  "capabilities": {"tools": lists, "prompts": lists, "resources": {**lists, "subscribe": True},
                                   "logging": {}, "completions": {}}}
    elif method in LISTS:
        if os.environ.get("SLOW"):
            time.sleep(1000)
        result = {LISTS[method]: features().get(LISTS[method], [])}
    elif method == "tools/call":
        result = call(params)
        if result is None:
            send({"id": message["id"], "error": {"code": -32602, "message": f"Unknown tool: {params['name']}"}})
            continue
    elif method == "resources/read":
        result = {"contents": [{"uri": params["uri"], "text": name}]}
    elif method == "completion/complete":
        result = {"completion": {"values": [json.dumps(params["ref"])]}}
    else:
        result = {}
    send({"id": message["id"], "result": result})
