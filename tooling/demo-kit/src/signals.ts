import { constants } from 'node:os';

// One Ctrl-C can arrive twice: from the terminal, and forwarded by the process that started this one.
const SAME_MS = 250;

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The wish of the outside world that this ends. */
export interface Interruption {
  /** Aborts at the first SIGINT or SIGTERM, with its name as the reason. A second one ends the process at once. */
  readonly signal: AbortSignal;
  dispose(): void;
}

export function listenForSignals(): Interruption {
  const controller = new AbortController();
  let firstAtMs = 0;
  const receive = (name: (typeof SIGNALS)[number]): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstAtMs >= SAME_MS) process.exit(128 + constants.signals[name]);
      return;
    }
    firstAtMs = performance.now();
    controller.abort(name);
  };
  for (const name of SIGNALS) process.on(name, receive);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of SIGNALS) process.off(name, receive);
    },
  };
}
