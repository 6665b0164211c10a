"""`python -m bench.slow_server DELAY_S`: answers every HTTP request that late, with as little work as there can be.

Prints its port. Ends when its standard input does.
"""

import asyncio
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
BACKLOG = 5000


class Slow(asyncio.Protocol):
    delay_s = 0.05

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        # Requests without a body, never several in flight: each one ends with an empty line.
        if data.endswith(b"\r\n\r\n"):
            asyncio.get_running_loop().call_later(self.delay_s, self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(ANSWER)  # type: ignore[attr-defined]


async def main(delay_s: float) -> None:
    Slow.delay_s = delay_s
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Slow, "127.0.0.1", 0, backlog=BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
