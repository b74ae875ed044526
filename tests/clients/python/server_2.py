"""A server of the Python SDK 2.x, which speaks both eras: `server_2.py stdio|PORT`.

Offers what the walks of the clients use of `@modelcontextprotocol/server-everything`.
"""

import sys
from typing import Annotated

import anyio
from mcp.server import MCPServer
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver import Context, Elicit, Resolve, Sample
from mcp_types import CreateMessageResult, SamplingMessage, TextContent
from pydantic import BaseModel

server = MCPServer("python-sdk-2")


class Person(BaseModel):
    name: str


def ask_for_person() -> Elicit[Person]:
    return Elicit("Who are you?", Person)


def ask_model(prompt: str) -> Sample:
    text = TextContent(type="text", text=prompt)
    return Sample([SamplingMessage(role="user", content=text)], max_tokens=10)


@server.tool()
def echo(message: str) -> str:
    return f"Echo: {message}"


@server.tool(name="get-sum")
def get_sum(a: int, b: int) -> str:
    return f"The sum is {a + b}."


@server.tool(name="trigger-long-running-operation")
async def long_running(duration: float, steps: int, ctx: Context) -> str:
    for step in range(steps):
        await anyio.sleep(duration / steps)
        await ctx.report_progress(step + 1, steps)
    return "done"


@server.tool(name="trigger-elicitation-request")
async def elicitation(person: Annotated[ElicitationResult[Person], Resolve(ask_for_person)]) -> str:
    return f"the user's answer: {person.action}"


@server.tool(name="trigger-sampling-request")
async def sampling(prompt: str, sampled: Annotated[CreateMessageResult, Resolve(ask_model)]) -> str:
    return f"the model's answer: {sampled.content.text}"


@server.resource("demo://resource/note")
def note() -> str:
    return "a note"


@server.prompt(name="simple-prompt")
def simple_prompt() -> str:
    return "This is a simple prompt without arguments."


if sys.argv[1] == "stdio":
    server.run()
else:
    server.run("streamable-http", port=int(sys.argv[1]))
