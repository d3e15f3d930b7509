"""Ask a server with tritonclient.http.aio: `python triton_http_aio.py HOST:PORT`."""

import asyncio
import sys

import cases
import tritonclient.http.aio as module
from triton_tensors import adder, mirror, same, values


async def _with_client(address, ask):
    async with module.InferenceServerClient(address) as client:
        return await ask(client)


def together(address):
    async def ask(client):
        results = await asyncio.gather(*(client.infer("adder", adder(module)) for _ in range(8)))
        return [values(result) for result in results]

    return asyncio.run(_with_client(address, ask))


def every_type(address):
    async def ask(client):
        return same(await client.infer("mirror", mirror(module)))

    return asyncio.run(_with_client(address, ask))


def gzip(address):
    async def ask(client):
        packed = {"request_compression_algorithm": "gzip", "response_compression_algorithm": "gzip"}
        return values(await client.infer("adder", adder(module), **packed))

    return asyncio.run(_with_client(address, ask))


def unknown_model(address):
    async def ask(client):
        await client.infer("nope", adder(module))

    return asyncio.run(_with_client(address, ask))


if __name__ == "__main__":
    cases.run([together, every_type, gzip, unknown_model], sys.argv[1])
