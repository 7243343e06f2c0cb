/** Long arithmetic on the event loop, a slice per turn. */

/** Steps per turn. */
const SLICE_STEPS = 8;

/** Runs the steps of a generator, and other work between slices of them. */
export async function inSlices<T>(steps: Generator<void, T>): Promise<T> {
  for (let step = 1; ; step++) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (step % SLICE_STEPS === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
