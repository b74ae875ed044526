"""The Python SDK 2.x as a client: `client_2.py http|sse|stdio URL KEY [PREFIX]`.

Over Streamable HTTP it asks for the newest revision first and falls back to
what it is offered, as it does by default. Prints what `client_1.py` prints.
"""

import asyncio
import json
import os
import sys

import httpx2
import mcp_types as types
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client


async def on_elicitation(context, params: types.ElicitRequestParams) -> types.ElicitResult:
    return types.ElicitResult(action="decline")


async def on_sampling(context, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
    text = types.TextContent(type="text", text="from the client's model")
    return types.CreateMessageResult(role="assistant", content=text, model="none")


ABLE = {"elicitation_callback": on_elicitation, "sampling_callback": on_sampling}


async def walk(client: Client, prefix: str) -> dict:
    tools = [tool.name for tool in (await client.list_tools()).tools]
    echo = await client.call_tool(f"{prefix}echo", {"message": "안녕"})
    added = await client.call_tool(f"{prefix}get-sum", {"a": 2, "b": 40})
    failed = await client.call_tool(f"{prefix}echo", {})

    progress: list[float] = []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        progress.append(done)

    await client.call_tool(
        f"{prefix}trigger-long-running-operation", {"duration": 0.4, "steps": 4}, progress_callback=on_progress
    )
    many = await asyncio.gather(
        *(client.call_tool(f"{prefix}echo", {"message": f"n{number}"}) for number in range(16))
    )
    declined = await client.call_tool(f"{prefix}trigger-elicitation-request", {})
    sampled = await client.call_tool(f"{prefix}trigger-sampling-request", {"prompt": "?"})
    resource = await client.read_resource((await client.list_resources()).resources[0].uri)
    prompt = await client.get_prompt(f"{prefix}simple-prompt")
    return {
        "tools": tools,
        "echo": echo.content[0].text,
        "sum": added.content[0].text,
        "is_error": failed.is_error,
        "progress": progress,
        "many": [result.content[0].text for result in many],
        "declined": declined.content[0].text,
        "sampled": [part.text for part in sampled.content],
        "resource": resource.contents[0].text,
        "prompt": prompt.messages[0].content.text,
    }


async def main() -> None:
    transport, url, key, prefix = [*sys.argv[1:], ""][:4]
    headers = {"Authorization": f"Bearer {key}"}
    if transport == "sse":
        async with Client(sse_client(url, headers=headers), mode="legacy", **ABLE) as client:
            print(json.dumps(await walk(client, prefix)))
    elif transport == "stdio":
        bridge = StdioServerParameters(
            command=os.environ["MCPORCH_BRIDGE"],
            args=["stdio"],
            env={"MCPORCH_CALL_URL": url, "MCPORCH_CALL_KEY": key},
        )
        async with Client(stdio_client(bridge), **ABLE) as client:
            print(json.dumps(await walk(client, prefix)))
    else:
        async with httpx2.AsyncClient(headers=headers) as http:
            async with Client(streamable_http_client(url, http_client=http), **ABLE) as client:
                print(json.dumps(await walk(client, prefix)))


asyncio.run(main())
