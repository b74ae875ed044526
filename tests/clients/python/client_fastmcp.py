"""FastMCP as a client: `client_fastmcp.py http|sse URL KEY [PREFIX]`.

Prints what `client_1.py` prints.
"""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import SSETransport, StreamableHttpTransport


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
    return {
        "tools": tools,
        "echo": echo.content[0].text,
        "sum": added.content[0].text,
        "is_error": failed.is_error,
        "progress": progress,
        "many": [result.content[0].text for result in many],
    }


async def main() -> None:
    transport, url, key, prefix = [*sys.argv[1:], ""][:4]
    headers = {"Authorization": f"Bearer {key}"}
    way = SSETransport(url, headers) if transport == "sse" else StreamableHttpTransport(url, headers)
    async with Client(way) as client:
        print(json.dumps(await walk(client, prefix)))


asyncio.run(main())
