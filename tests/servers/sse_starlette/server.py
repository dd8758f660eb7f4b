"""Numbered events by sse-starlette, from the one after the last event ID on. Prints its port."""

import asyncio
import json
import socket

import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.routing import Route

LAST = 12


async def numbered(after):
    for number in range(after + 1, LAST + 1):
        data = {"number": number, "text": "schön 🎉"}
        name = "tick" if number % 2 else "tock"
        yield {"id": str(number), "event": name, "data": json.dumps(data, indent=1), "retry": 20}
        await asyncio.sleep(0.02)
    yield {"event": "end", "data": "null"}


async def feed(request):
    after = int(request.headers.get("last-event-id", "0"))
    return EventSourceResponse(numbered(after), ping=0.01)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
app = Starlette(routes=[Route("/", feed)])
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
