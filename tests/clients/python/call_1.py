"""One call with the Python SDK 1.x: `call_1.py URL KEY TOOL ARGUMENTS`.

Prints the tools that are listed and what the call answered, as one JSON object.
"""

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main() -> None:
    url, key, tool, arguments = sys.argv[1:]
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        streamablehttp_client(url, headers=headers) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        result = await session.call_tool(tool, json.loads(arguments))
        text = result.content[0].text
        print(json.dumps({"tools": tools, "text": text, "is_error": result.isError}))


asyncio.run(main())
