"""Lets containers of this machine reach what listens on loopback, and nobody else.

A container cannot reach the host's 127.0.0.1. The relay listens on the gateway address of the engine's
network (docker0, podman0), which belongs to this machine alone, never on 0.0.0.0, and passes bytes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

IP_FREEBIND = (
    15  # linux/in.h: an address that is not there yet; podman makes its bridge with the first container
)


class Relay:
    """Passes TCP connections to a free port of ``host`` on to ``target`` (host, port)."""

    def __init__(self, host: str, target: tuple[str, int]) -> None:
        """Listen, but accept nothing yet.

        Raises:
            OSError: the address cannot be listened on.
        """
        self._target = target
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            with contextlib.suppress(OSError):  # not on Linux: then the address must be there
                self._socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
            self._socket.bind((host, 0))
        except OSError:
            self._socket.close()
            raise
        self._socket.listen(128)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True, name="relay")
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Future[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()  # of connections that are open

    @property
    def port(self) -> int:
        """Return the port of the gateway address."""
        port: int = self._socket.getsockname()[1]
        return port

    def start(self) -> None:
        """Relay in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and the socket."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, sock=self._socket)
        await self._stopping.wait()
        server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # the loop closes what was aborted in its next round

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.ensure_future(self._relay(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        both = [writer]
        try:
            target_reader, target_writer = await asyncio.open_connection(*self._target)
            self._writers.add(target_writer)
            both.append(target_writer)
            async with asyncio.TaskGroup() as both_ways:
                both_ways.create_task(_pass_on(reader, target_writer))
                both_ways.create_task(_pass_on(target_reader, writer))
        except* OSError:  # nothing listens there, or one side broke off: the other is cut off as well
            for one in both:
                one.transport.abort()
        finally:
            for one in both:
                one.close()  # what was written is sent first
            for one in both:
                with contextlib.suppress(OSError):
                    await one.wait_closed()
            self._writers.difference_update(both)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the sender ends, then end towards the other side."""
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()
    writer.write_eof()
