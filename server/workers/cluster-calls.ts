/**
 * Calls of the training thread to a cluster, which the main thread carries out. The training thread has no event loop
 * while it trains, so it blocks until the answer is there.
 */
import type { MessagePort } from 'node:worker_threads';
import { receiveMessageOnPort } from 'node:worker_threads';

export type ClusterArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A call, or its answer. */
export interface ClusterMessage {
  readonly kind: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly arrays: Readonly<Record<string, ClusterArray>>;
}

/** A running cluster with the users' rows of a training. */
export interface ClusterSession {
  /** One call at a time. Rejects with the reason of a failure. */
  call(message: ClusterMessage): Promise<ClusterMessage>;
  /** Ends the cluster's processes; a second call has no effect. */
  close(): Promise<void>;
}

/** What both ends of the calls share: a port each, and Int32Array [1] that counts answers. */
export interface ClusterLine {
  readonly port: MessagePort;
  readonly answers: Int32Array;
}

type Answer = { readonly message: ClusterMessage } | { readonly failure: string };

/** Carries out the calls that arrive at the port. */
export function answerCalls({ port, answers }: ClusterLine, session: Promise<ClusterSession>): void {
  port.on('message', (call: ClusterMessage) => {
    void session
      .then((cluster) => cluster.call(call))
      .then(
        (message): Answer => ({ message }),
        (error: unknown): Answer => ({ failure: error instanceof Error ? error.message : String(error) }),
      )
      .then((answer) => {
        port.postMessage(answer);
        Atomics.add(answers, 0, 1);
        Atomics.notify(answers, 0);
      });
  });
}

/** Calls from the training thread; they throw Error with the reason of a failure. */
export function createBlockingCalls({
  port,
  answers,
}: ClusterLine): (message: ClusterMessage) => ClusterMessage {
  return (message) => {
    const before = Atomics.load(answers, 0);
    port.postMessage(message);
    Atomics.wait(answers, 0, before);
    const { message: answer } = receiveMessageOnPort(port) as { message: Answer };
    if ('failure' in answer) throw new Error(answer.failure);
    return answer.message;
  };
}
