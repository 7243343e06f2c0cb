"""The kernels of server/learning/kernels, the same code as in the server, under wasmtime."""

import ctypes

import numpy as np
import wasmtime

PAGE = 65536
# The compiler places its constants below this address.
ARENA_START = 65536

_loaded = None


def kernels_of(binary):
    """The kernels of this process, compiled once."""
    global _loaded
    if _loaded is None:
        _loaded = Kernels(binary)
    _loaded.release(ARENA_START)
    return _loaded


class Kernels:
    """A bump allocator over the memory of the kernels, and calls by address."""

    def __init__(self, binary):
        engine = wasmtime.Engine()
        self._store = wasmtime.Store(engine)
        exports = wasmtime.Instance(self._store, wasmtime.Module(engine, binary), []).exports(self._store)
        self._exports = exports
        self._memory = exports["memory"]
        self._top = ARENA_START

    def mark(self):
        return self._top

    def release(self, mark):
        """Frees all arrays since `mark`."""
        self._top = mark

    def put(self, values, dtype):
        """The address of a copy of `values`."""
        array = np.ascontiguousarray(values, dtype)
        address = self._take(array.nbytes)
        self.view(address, array.shape, dtype)[...] = array
        return address

    def zeros(self, shape):
        """The address of zeroed float32."""
        address = self._take(4 * int(np.prod(shape)))
        self.view(address, shape)[...] = 0
        return address

    def view(self, address, shape, dtype="<f4"):
        """The array at an address; valid until the memory grows, so copy it before the next `put` or `zeros`."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        base = ctypes.addressof(self._memory.data_ptr(self._store).contents)
        buffer = (ctypes.c_ubyte * size).from_address(base + address)
        return np.frombuffer(buffer, dtype).reshape(shape)

    def call(self, name, *arguments):
        return self._exports[name](self._store, *arguments)

    def _take(self, size):
        address = self._top
        self._top += -(-size // 16) * 16
        missing = self._top - self._memory.data_len(self._store)
        if missing > 0:
            self._memory.grow(self._store, -(-missing // PAGE))
        return address
