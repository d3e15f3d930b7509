import asyncio
from pathlib import Path

from serving_kit.transports.grpc.carrier import Carriers
from tests.unit.batching.loop import on_loop


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer what came and close once the other side has, as grpcio's server does."""
    writer.write(await reader.read())
    writer.close()
    await writer.wait_closed()


@on_loop
async def test_sockets_are_closed_once_both_sides_have_said_all(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    path = str(tmp_path / "socket")
    carriers = Carriers(path)
    async with await asyncio.start_unix_server(echo, path):
        server = await loop.create_server(carriers.connection, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        held = open_files()
        for _ in range(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"said")
            writer.write_eof()
            assert await reader.read() == b"said"
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(20):
            while open_files() > held:
                await asyncio.sleep(0.01)
        server.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
