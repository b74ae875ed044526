"""FastMCP as a client: `client_fastmcp.py http|sse URL KEY [PREFIX]`.

Prints what `client_1.py` prints.
"""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StreamableHttpTransport


async def on_elicitation(message, response_type, params, context) -> ElicitResult:
    return ElicitResult(action="decline")


async def on_sampling(messages, params, context) -> str:
    return "from the client's model"


async def walk(client: Client, prefix: str) -> dict:
    tools = [tool.name for tool in await client.list_tools()]
    echo = await client.call_tool(f"{prefix}echo", {"message": "안녕"})
    added = await client.call_tool(f"{prefix}get-sum", {"a": 2, "b": 40})
    failed = await client.call_tool(f"{prefix}echo", {}, raise_on_error=False)

    progress: list[float] = []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        progress.append(done)

    await client.call_tool(
        f"{prefix}trigger-long-running-operation", {"duration": 0.4, "steps": 4}, progress_handler=on_progress
    )
    many = await asyncio.gather(
        *(client.call_tool(f"{prefix}echo", {"message": f"n{number}"}) for number in range(16))
    )
    declined = await client.call_tool(f"{prefix}trigger-elicitation-request", {})
    sampled = await client.call_tool(f"{prefix}trigger-sampling-request", {"prompt": "?"})
    resource = await client.read_resource((await client.list_resources())[0].uri)
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
        "resource": resource[0].text,
        "prompt": prompt.messages[0].content.text,
    }


async def main() -> None:
    transport, url, key, prefix = [*sys.argv[1:], ""][:4]
    headers = {"Authorization": f"Bearer {key}"}
    way = SSETransport(url, headers) if transport == "sse" else StreamableHttpTransport(url, headers)
    async with Client(way, elicitation_handler=on_elicitation, sampling_handler=on_sampling) as client:
        print(json.dumps(await walk(client, prefix)))


asyncio.run(main())
