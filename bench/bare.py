"""The least a Python program can do at the module's end of a PTY or a TCP connection.

Each is the text of a program, whose first line of output ends with where it is to be reached. An
echo sends back what it reads. A source writes as many bytes as the line it reads says, in pieces of
the size in which a PTY of this package is given them. With asyncio they have what a twin needs to
serve line, network and clock at once; with blocking calls they have nothing else at all.
"""

from __future__ import annotations

_PTY = """
import asyncio, os, pty, tty
far, slave = pty.openpty()
tty.setraw(slave)
print("at", os.ttyname(slave), flush=True)
"""

_TCP = """
import asyncio, os, socket
listener = socket.create_server(("127.0.0.1", 0))
print("at", "127.0.0.1:%d" % listener.getsockname()[1], flush=True)
connection, _ = listener.accept()
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
far = connection.fileno()
"""

_ASYNCIO_ECHO = """
async def serve():
    loop = asyncio.get_running_loop()
    loop.add_reader(far, lambda: os.write(far, os.read(far, 65536)))
    await asyncio.Event().wait()
asyncio.run(serve())
"""

_BLOCKING_ECHO = """
while True:
    os.write(far, os.read(far, 65536))
"""

_ASYNCIO_SOURCE = """
data = memoryview(os.urandom(32768))
os.set_blocking(far, False)
async def serve():
    loop = asyncio.get_running_loop()
    left = 0
    def write():
        nonlocal left
        left -= os.write(far, data[:left])
        if not left:
            loop.remove_writer(far)
    def read():
        nonlocal left
        left = int(os.read(far, 65536))
        loop.add_writer(far, write)
    loop.add_reader(far, read)
    await asyncio.Event().wait()
asyncio.run(serve())
"""

_BLOCKING_SOURCE = """
data = memoryview(os.urandom(32768))
while True:
    left = int(os.read(far, 65536))
    while left:
        left -= os.write(far, data[:left])
"""

#: By how they wait.
PTY_ECHOES = {"asyncio": _PTY + _ASYNCIO_ECHO, "blocking": _PTY + _BLOCKING_ECHO}
PTY_SOURCES = {"asyncio": _PTY + _ASYNCIO_SOURCE, "blocking": _PTY + _BLOCKING_SOURCE}
TCP_ECHOES = {"asyncio": _TCP + _ASYNCIO_ECHO, "blocking": _TCP + _BLOCKING_ECHO}
