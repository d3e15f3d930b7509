"""Ask a server with tritonclient.grpc.aio: `python triton_grpc_aio.py HOST:PORT`."""

import asyncio
import sys

import cases
import tritonclient.grpc.aio as module
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


def stream(address):
    """Answers come in the order of the requests; a bad one in between ends nothing."""

    async def requests():
        for model in ("adder", "nope", "adder"):
            yield {"model_name": model, "inputs": adder(module)}

    async def ask(client):
        answers = client.stream_infer(requests())
        return [values(result) if error is None else error.message() async for result, error in answers]

    return asyncio.run(_with_client(address, ask))


def unknown_model(address):
    async def ask(client):
        await client.infer("nope", adder(module))

    return asyncio.run(_with_client(address, ask))


if __name__ == "__main__":
    cases.run([together, every_type, stream, unknown_model], sys.argv[1])
