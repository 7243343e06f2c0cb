"""Messages to and from the server: a line of JSON, followed by the bytes of its arrays."""

import json
import os
import queue
import threading

import numpy as np


class Channel:
    """Reads messages from standard input, and writes answers to file descriptor 3: the JVM writes to standard output."""

    def __init__(self, source, sink):
        self._source = source
        self._sink = sink
        self._queue = queue.Queue()
        threading.Thread(target=self._read_all, daemon=True).start()

    def receive(self):
        """The next message, as (op, values, arrays by name)."""
        return self._queue.get()

    def send(self, kind, values=None, arrays=None):
        arrays = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
        shape = [[name, array.dtype.str[1:], array.size] for name, array in arrays.items()]
        header = {"kind": kind, "values": values or {}, "arrays": shape}
        self._sink.write(json.dumps(header).encode() + b"\n")
        for array in arrays.values():
            self._sink.write(array.tobytes())
        self._sink.flush()

    def _read_all(self):
        while line := self._source.readline():
            header = json.loads(line)
            arrays = {}
            for name, dtype, length in header["arrays"]:
                item = np.dtype("<" + dtype)
                arrays[name] = np.frombuffer(self._source.read(length * item.itemsize), item)
            self._queue.put((header["kind"], header["values"], arrays))
        # The server has gone, and this process with all of Spark goes with it.
        os._exit(1)
