export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Whether the promise settles in time, in either way. Leaves no timer behind. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  const isInTime = await Promise.race([settled, tooLate]);
  clearTimeout(timer);
  return isInTime;
}

/** Keeps the event loop from turning. */
export function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

export const NEVER: Promise<void> = new Promise(() => {});
