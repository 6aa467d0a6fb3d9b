"""Each request also waits for the service to close."""
import asyncio
import sys

closing = asyncio.Event()
loop = asyncio.new_event_loop()


async def answer(number):
    await asyncio.sleep(0)
    return {"number": number, "body": "answer %d" % number * 8}


async def closed(request):
    await closing.wait()
    return request


async def serve(number):
    request = {"path": "/pages/%d" % number, "agent": "agent %d" % number * 4}
    both = [asyncio.ensure_future(answer(number)), asyncio.ensure_future(closed(request))]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)


async def serve_all(numbers):
    for number in numbers:
        await serve(number)


served = 0


def step():
    global served
    loop.run_until_complete(serve_all(range(served, served + 120)))
    served += 120


def main():
    print("READY", flush=True)
    for count, line in enumerate(sys.stdin, 1):
        if line.strip() == "quit":
            break
        step()
        print("DONE", count, flush=True)


if __name__ == "__main__":
    main()
