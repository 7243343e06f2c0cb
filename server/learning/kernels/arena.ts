/**
 * Working memory for the kernels: a bump allocator over a shared WebAssembly memory.
 *
 * The memory is shared so that growing it leaves earlier views valid, and so that worker threads can use it too. Arrays
 * are aligned to 16 bytes and zeroed. There is no free: take a `mark` and `release` back to it.
 */

const PAGE = 65536;

export interface Arena {
  /** Zeroed Float32Array [length]. Throws RangeError beyond the memory limit of 4 GiB. */
  float32(length: number): Float32Array;
  /** Zeroed Int32Array [length]. */
  int32(length: number): Int32Array;
  /** Zeroed Float64Array [length]. */
  float64(length: number): Float64Array;
  /** Zeroed Int8Array [length]. */
  int8(length: number): Int8Array;
  /** Zeroed Int16Array [length]. */
  int16(length: number): Int16Array;
  /** A copy of `source` in this memory. */
  copyFloat32(source: ArrayLike<number>): Float32Array;
  /** A copy of `source` in this memory. */
  copyInt32(source: ArrayLike<number>): Int32Array;
  /** The current position, for `release`. */
  mark(): number;
  /** Frees all allocations since `mark`; views created since then are invalid. */
  release(mark: number): void;
}

/** The used part of a WebAssembly memory. */
export interface GrowableMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): number;
}

/** An arena over `memory` from byte `start` on. */
export function createArena(memory: GrowableMemory, start: number): Arena {
  let top = start;
  let dirty = start;
  const take = (bytes: number): { buffer: ArrayBufferLike; at: number; used: boolean } => {
    const at = top;
    top += Math.ceil(bytes / 16) * 16;
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const used = at < dirty;
    dirty = Math.max(dirty, top);
    return { buffer: memory.buffer, at, used };
  };
  return {
    ...allocators(
      (length) => {
        const { buffer, at, used } = take(length * 4);
        const view = new Float32Array(buffer, at, length);
        return used ? view.fill(0) : view;
      },
      (length) => {
        const { buffer, at, used } = take(length * 4);
        const view = new Int32Array(buffer, at, length);
        return used ? view.fill(0) : view;
      },
    ),
    float64: (length) => {
      const { buffer, at, used } = take(length * 8);
      const view = new Float64Array(buffer, at, length);
      return used ? view.fill(0) : view;
    },
    int8: (length) => {
      const { buffer, at, used } = take(length);
      const view = new Int8Array(buffer, at, length);
      return used ? view.fill(0) : view;
    },
    int16: (length) => {
      const { buffer, at, used } = take(length * 2);
      const view = new Int16Array(buffer, at, length);
      return used ? view.fill(0) : view;
    },
    mark: () => top,
    release: (mark) => {
      top = mark;
    },
  };
}

/** An arena over ordinary arrays, for the TypeScript kernels. */
export function createHeapArena(): Arena {
  return {
    ...allocators(
      (length) => new Float32Array(length),
      (length) => new Int32Array(length),
    ),
    float64: (length) => new Float64Array(length),
    int8: (length) => new Int8Array(length),
    int16: (length) => new Int16Array(length),
    mark: () => 0,
    release: () => undefined,
  };
}

function allocators(
  float32: (length: number) => Float32Array,
  int32: (length: number) => Int32Array,
): Pick<Arena, 'float32' | 'int32' | 'copyFloat32' | 'copyInt32'> {
  const copyFloat32 = (source: ArrayLike<number>) => {
    const copy = float32(source.length);
    copy.set(source);
    return copy;
  };
  const copyInt32 = (source: ArrayLike<number>) => {
    const copy = int32(source.length);
    copy.set(source);
    return copy;
  };
  return { float32, int32, copyFloat32, copyInt32 };
}
