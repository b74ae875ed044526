"""The Python SDK 1.x as a client: `client_1.py http|sse|stdio URL KEY [PREFIX]`.

Does what a user's program would and prints what it saw, as one JSON object.
PREFIX stands before each tool's name where the endpoint holds many servers.
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters, types
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client


async def on_elicitation(context, params: types.ElicitRequestParams) -> types.ElicitResult:
    return types.ElicitResult(action="decline")


async def on_sampling(context, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
    text = types.TextContent(type="text", text="from the client's model")
    return types.CreateMessageResult(role="assistant", content=text, model="none")


async def walk(session: ClientSession, prefix: str) -> dict:
    await session.initialize()
    tools = [tool.name for tool in (await session.list_tools()).tools]
    echo = await session.call_tool(f"{prefix}echo", {"message": "안녕"})
    added = await session.call_tool(f"{prefix}get-sum", {"a": 2, "b": 40})
    failed = await session.call_tool(f"{prefix}echo", {})

    progress: list[float] = []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        progress.append(done)

    await session.call_tool(
        f"{prefix}trigger-long-running-operation", {"duration": 0.4, "steps": 4}, progress_callback=on_progress
    )
    many = await asyncio.gather(
        *(session.call_tool(f"{prefix}echo", {"message": f"n{number}"}) for number in range(16))
    )
    declined = await session.call_tool(f"{prefix}trigger-elicitation-request", {})
    sampled = await session.call_tool(f"{prefix}trigger-sampling-request", {"prompt": "?"})
    resource = await session.read_resource((await session.list_resources()).resources[0].uri)
    prompt = await session.get_prompt(f"{prefix}simple-prompt")
    await session.send_ping()
    return {
        "tools": tools,
        "echo": echo.content[0].text,
        "sum": added.content[0].text,
        "is_error": failed.isError,
        "progress": progress,
        "many": [result.content[0].text for result in many],
        "declined": declined.content[0].text,
        "sampled": [part.text for part in sampled.content],
        "resource": resource.contents[0].text,
        "prompt": prompt.messages[0].content.text,
    }


def session_of(read, write) -> ClientSession:
    return ClientSession(read, write, sampling_callback=on_sampling, elicitation_callback=on_elicitation)


async def main() -> None:
    transport, url, key, prefix = [*sys.argv[1:], ""][:4]
    headers = {"Authorization": f"Bearer {key}"}
    if transport == "sse":
        async with sse_client(url, headers=headers) as (read, write), session_of(read, write) as session:
            print(json.dumps(await walk(session, prefix)))
    elif transport == "stdio":
        bridge = StdioServerParameters(
            command=os.environ["MCPORCH_BRIDGE"],
            args=["stdio"],
            env={"MCPORCH_CALL_URL": url, "MCPORCH_CALL_KEY": key},
        )
        async with stdio_client(bridge) as (read, write), session_of(read, write) as session:
            print(json.dumps(await walk(session, prefix)))
    else:
        async with (
            streamablehttp_client(url, headers=headers) as (read, write, _),
            session_of(read, write) as session,
        ):
            print(json.dumps(await walk(session, prefix)))


asyncio.run(main())
