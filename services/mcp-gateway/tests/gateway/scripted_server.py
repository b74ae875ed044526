"""An MCP server that does what a test tells it to. Standard library only."""

import json
import os
import subprocess
import sys
import threading
import time

out_lock = threading.Lock()
answers = {}
cancelled = set()
calls_file = os.environ.get("CALLS_FILE")
# Speaks the revision without sessions.
modern = bool(os.environ.get("MODERN"))


def note(what):
    if calls_file:
        with open(calls_file, "a") as file:
            file.write(what + "\n")


visits = []


def note_visit():
    visits.append(1)
    return len(visits) > 1


def send(message):
    with out_lock:
        sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def text(words, **more):
    return {"content": [{"type": "text", "text": words}], **more}


TOOLS = [
    {"name": name, "inputSchema": {"type": "object"}, "x-kept": [1.0, {"deep": None}]}
    for name in ["echo", "fail", "boom", "slow", "hang", "crash", "fork", "ask", "environment", "big", "stderr"]
]


def call(request_id, name, arguments, meta):
    if calls_file:
        with open(calls_file, "a") as file:
            file.write(name + "\n")
    if name == "echo":
        return text(arguments.get("text", ""), structuredContent=arguments)
    if name == "fail":
        return text("it went wrong", isError=True)
    if name == "slow":
        steps = arguments.get("steps", 1)
        for step in range(steps):
            time.sleep(arguments.get("ms", 10) / 1000)
            if "progressToken" in meta:
                send({"jsonrpc": "2.0", "method": "notifications/progress",
                      "params": {"progressToken": meta["progressToken"], "progress": step + 1, "total": steps}})
        return text(arguments.get("text", "done"))
    if name == "hang":
        while request_id not in cancelled:
            time.sleep(0.01)
        if calls_file:
            with open(calls_file, "a") as file:
                file.write("cancelled\n")
        return None
    if name == "crash":
        print("about to fall over", file=sys.stderr, flush=True)
        os._exit(3)
    if name == "fork":
        # A chain as launchers make it, its end in a session of its own.
        child = subprocess.Popen(["sh", "-c", "setsid sleep 1000 & echo $!; sleep 1000"], stdout=subprocess.PIPE)
        return text(f"{child.pid} {child.stdout.readline().decode().strip()}")
    if name == "ask":
        answers[77] = threading.Event(), []
        send({"jsonrpc": "2.0", "id": 77, "method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}})
        event, got = answers[77]
        event.wait(10)
        return text(json.dumps(got))
    if name == "visit":
        # Wants its user at an address, once.
        if note_visit():
            return text("been there")
        where = {"mode": "url", "elicitationId": "e1", "url": "https://example.com/consent", "message": "Please agree."}
        return {"refused": {"code": -32042, "message": "consent is needed", "data": {"elicitations": [where]}}}
    if name == "meta":
        return text(json.dumps(meta))
    if name == "environment":
        return text(json.dumps(dict(os.environ)))
    if name == "big":
        return text("b" * arguments["size"])
    if name == "stderr":
        print(arguments["line"], file=sys.stderr, flush=True)
        time.sleep(0.1)
        return text("written")
    raise ValueError(f"no tool {name}")


def ask_modern(params):
    if "inputResponses" not in params:
        question = {"method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}}
        return {"resultType": "input_required", "inputRequests": {"q": question}, "requestState": "mine"}
    return text(json.dumps([params["inputResponses"]["q"], params["requestState"]]), resultType="complete")


def handle(message):
    request_id, params = message["id"], message.get("params", {})
    try:
        if modern and params["name"] == "ask":
            return send({"jsonrpc": "2.0", "id": request_id, "result": ask_modern(params)})
        result = call(request_id, params["name"], params.get("arguments", {}), params.get("_meta", {}))
        if result is not None and "refused" in result:
            send({"jsonrpc": "2.0", "id": request_id, "error": result["refused"]})
        elif result is not None:
            send({"jsonrpc": "2.0", "id": request_id, "result": result})
    except ValueError as error:
        send({"jsonrpc": "2.0", "id": request_id, "error": {"code": -32602, "message": str(error)}})


if os.environ.get("DEAD"):
    sys.exit("no license")
print("a line that is no message")
sys.stdout.flush()
for line in sys.stdin:
    message = json.loads(line)
    method = message.get("method")
    if method == "server/discover" and os.environ.get("DISCOVER") == "fall over":
        sys.exit("what is that?")
    elif method == "server/discover" and os.environ.get("DISCOVER") == "be silent":
        continue
    elif method == "server/discover" and os.environ.get("DISCOVER") == "be modern":
        send({"jsonrpc": "2.0", "id": message["id"], "result": {
            "resultType": "complete", "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {"listChanged": True}}}})
    elif method == "subscriptions/listen":
        meta = {"io.modelcontextprotocol/subscriptionId": message["id"]}
        send({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
              "params": {"_meta": meta, "notifications": message["params"]["notifications"]}})
        for own in [message["id"] + 1000, message["id"]]:
            meta = {"io.modelcontextprotocol/subscriptionId": own, "own": own == message["id"]}
            send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": meta}})
    elif modern and method == "initialize":
        send({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "Method not found"}})
    elif method == "initialize":
        capabilities = {"tools": {"listChanged": True}, "logging": {}}
        if os.environ.get("RESOURCES"):
            capabilities["resources"] = {"subscribe": True}
        send({"jsonrpc": "2.0", "id": message["id"], "result": {
            "protocolVersion": message["params"]["protocolVersion"], "capabilities": capabilities,
            "serverInfo": {"name": "scripted", "version": "1"}, "instructions": "Be kind."}})
    elif modern and method == "server/discover":
        send({"jsonrpc": "2.0", "id": message["id"], "result": {
            "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}, "logging": {}},
            "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "scripted", "version": "2"}},
            "instructions": "Be modern.", "ttlMs": 1000, "cacheScope": "public"}})
    elif method in ["resources/subscribe", "resources/unsubscribe"]:
        note(f"{method} {message['params']['uri']}")
        send({"jsonrpc": "2.0", "id": message["id"], "result": {}})
    elif method == "logging/setLevel":
        note(f"level {message['params']['level']}")
        send({"jsonrpc": "2.0", "id": message["id"], "result": {}})
    elif method == "test/tell":
        for told in message["params"]["messages"]:
            send({"jsonrpc": "2.0", **told})
        send({"jsonrpc": "2.0", "id": message["id"], "result": {}})
    elif method == "tools/list":
        # Two pages.
        at = int(message.get("params", {}).get("cursor", 0))
        page = {"tools": TOOLS[at:at + 6]}
        if at == 0:
            page["nextCursor"] = "6"
        send({"jsonrpc": "2.0", "id": message["id"], "result": page})
    elif method == "tools/call" and message["params"]["name"] == "boom":
        send({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32050, "message": "boom", "data": {"k": 1}}})
    elif method == "tools/call":
        threading.Thread(target=handle, args=(message,), daemon=True).start()
    elif method == "notifications/cancelled":
        cancelled.add(message["params"]["requestId"])
    elif method is None and message.get("id") in answers:
        event, got = answers[message["id"]]
        got.append(message.get("result", message.get("error")))
        event.set()
    elif "id" in message:
        send({"jsonrpc": "2.0", "id": message["id"], "result": {"method": method, "params": message.get("params")}})
