"""Quotes in FastAPI: models, dependencies, background tasks, a stream, caches with bounds. uvicorn fastapi_quotes:app"""
import asyncio
import collections
import functools
import time

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

app = FastAPI()
prices = {"sku-%d" % n: n * 1.25 for n in range(20000)}
recent = collections.deque(maxlen=5000)
sessions = {}


class Line(BaseModel):
    sku: str
    count: int = Field(ge=1, le=100)


class Basket(BaseModel):
    customer: str
    lines: list[Line]


class Quote(BaseModel):
    customer: str
    total: float
    lines: list[Line]


@functools.lru_cache(maxsize=4096)
def rebate(customer, count):
    return round(1 - min(0.2, len(customer) * count / 1000), 3)


def session_of(request: Request):
    """Sessions end after two seconds without a request."""
    name, now = request.headers.get("x-session", "none"), time.monotonic()
    sessions[name] = {"seen": now, "basket": sessions.get(name, {}).get("basket", [])[-5:]}
    return sessions[name]


async def note(what):
    await asyncio.sleep(0.01)
    recent.append({"what": what, "at": time.time()})


@app.middleware("http")
async def timed(request: Request, call_next):
    began = time.monotonic()
    response = await call_next(request)
    response.headers["X-Time"] = "%.6f" % (time.monotonic() - began)
    return response


@app.on_event("startup")
async def begin():
    async def sweep():
        while True:
            await asyncio.sleep(0.5)
            for name in [name for name, held in sessions.items() if time.monotonic() - held["seen"] > 2]:
                del sessions[name]
    app.state.sweeper = asyncio.create_task(sweep())


@app.post("/quote", response_model=Quote)
async def quote(basket: Basket, tasks: BackgroundTasks, session=Depends(session_of)):
    if not all(line.sku in prices for line in basket.lines):
        raise HTTPException(404, "no such article")
    total = sum(prices[line.sku] * line.count * rebate(basket.customer, line.count) for line in basket.lines)
    session["basket"].append(total)
    tasks.add_task(note, basket.customer)
    return Quote(customer=basket.customer, total=total, lines=basket.lines)


@app.get("/stream/{count}")
async def stream(count: int):
    async def lines():
        for number in range(min(count, 200)):
            yield "%d;%f\n" % (number, prices["sku-%d" % number])
            if number % 50 == 0:
                await asyncio.sleep(0)
    return StreamingResponse(lines(), media_type="text/csv")


@app.get("/slow")
def slow():
    time.sleep(0.01)
    return {"recent": len(recent)}


@app.get("/")
async def hello():
    return {"hello": "world"}
