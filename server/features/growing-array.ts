/** A typed array that grows by doubling, so that a stream of unknown length can be collected without objects. */

type TypedArray = Int8Array | Uint8Array | Int32Array | Float32Array | Float64Array;

interface TypedArrayClass<T extends TypedArray> {
  new (length: number): T;
  new (buffer: SharedArrayBuffer): T;
  readonly BYTES_PER_ELEMENT: number;
}

export class GrowingArray<T extends TypedArray> {
  private values: T;
  private used = 0;

  constructor(private readonly type: TypedArrayClass<T>) {
    this.values = new type(1024);
  }

  get length(): number {
    return this.used;
  }

  append(more: ArrayLike<number>): void {
    if (this.used + more.length > this.values.length) {
      const larger = new this.type(Math.max(this.values.length * 2, this.used + more.length));
      larger.set(this.values);
      this.values = larger;
    }
    this.values.set(more, this.used);
    this.used += more.length;
  }

  at(index: number): number {
    return this.values[index];
  }

  /** A copy of the appended values, on a SharedArrayBuffer of exact size. */
  share(): T {
    return this.shareRows(Int32Array.of(0), (row) => row * this.used);
  }

  /** A copy of these rows in this order, on a SharedArrayBuffer of exact size. Row r is [begin(r), begin(r + 1)). */
  shareRows(order: Int32Array, begin: (row: number) => number): T {
    const length = order.reduce((sum, row) => sum + begin(row + 1) - begin(row), 0);
    const shared = new this.type(new SharedArrayBuffer(length * this.type.BYTES_PER_ELEMENT));
    let end = 0;
    for (const row of order) {
      const values = this.values.subarray(begin(row), begin(row + 1));
      shared.set(values, end);
      end += values.length;
    }
    return shared;
  }
}
