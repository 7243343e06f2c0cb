/** The messages of jobs/spark/channel.py: a line of JSON, followed by the bytes of the arrays, little-endian. */
import type { Readable, Writable } from 'node:stream';

import type { ClusterArray, ClusterMessage } from '../workers/index.js';

const TYPES = { f4: Float32Array, f8: Float64Array, i4: Int32Array, u1: Uint8Array } as const;
type TypeName = keyof typeof TYPES;

interface Header {
  readonly kind: string;
  readonly values: Record<string, unknown>;
  readonly arrays: readonly (readonly [name: string, type: TypeName, length: number])[];
}

export function writeFrame(sink: Writable, { kind, values, arrays }: ClusterMessage): void {
  const entries = Object.entries(arrays);
  const header: Header = {
    ...{ kind, values },
    arrays: entries.map(([name, array]) => [name, typeOf(array), array.length]),
  };
  sink.write(`${JSON.stringify(header)}\n`);
  // Copied: the memory of the kernels is shared, and streams take no shared memory.
  for (const [, { buffer, byteOffset, byteLength }] of entries)
    sink.write(Buffer.from(new Uint8Array(buffer, byteOffset, byteLength)));
}

/** Ends with the stream. */
export async function* readFrames(source: Readable): AsyncGenerator<ClusterMessage> {
  const bytes = new Bytes(source[Symbol.asyncIterator]() as AsyncIterator<Buffer>);
  for (let line = await bytes.line(); line !== null; line = await bytes.line()) {
    const { kind, values, arrays } = JSON.parse(line) as Header;
    const read = new Map<string, ClusterArray>();
    for (const [name, type, length] of arrays) {
      const Type = TYPES[type];
      const { buffer, byteOffset, byteLength } = await bytes.take(length * Type.BYTES_PER_ELEMENT);
      const array = new Type((buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength));
      read.set(name, array);
    }
    yield { kind, values, arrays: Object.fromEntries(read) };
  }
}

/** Bytes of a stream, by line and by number. */
class Bytes {
  private held: Buffer = Buffer.alloc(0);

  constructor(private readonly chunks: AsyncIterator<Buffer>) {}

  /** Null at the end. */
  async line(): Promise<string | null> {
    let end: number;
    while ((end = this.held.indexOf('\n')) < 0) if (!(await this.more(1))) return null;
    const line = this.held.subarray(0, end).toString();
    this.held = this.held.subarray(end + 1);
    return line;
  }

  async take(length: number): Promise<Buffer> {
    if (this.held.length < length && !(await this.more(length - this.held.length)))
      throw new Error('The answer of Spark ends in the middle.');
    const taken = this.held.subarray(0, length);
    this.held = this.held.subarray(length);
    return taken;
  }

  private async more(least: number): Promise<boolean> {
    const parts = [this.held];
    for (let missing = least; missing > 0;) {
      const { done, value } = await this.chunks.next();
      if (done === true) return false;
      parts.push(value);
      missing -= value.length;
    }
    this.held = Buffer.concat(parts);
    return true;
  }
}

function typeOf(array: ClusterArray): TypeName {
  const found = (Object.keys(TYPES) as TypeName[]).find((name) => array instanceof TYPES[name]);
  if (found === undefined)
    throw new TypeError('Only arrays of float32, float64, int32 and uint8 can be sent.');
  return found;
}
