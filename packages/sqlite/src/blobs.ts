// A Buffer crosses to another thread as a plain Uint8Array. Callers get Buffers, as the driver gives them.

/** Whether any row has one; looked for in the worker, where it costs the event loop nothing. */
export function hasBlobs(value: unknown): boolean {
  if (value instanceof Uint8Array) return true;
  if (Array.isArray(value)) return value.some(hasBlobs);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasBlobs);
}

/** Turns them back into Buffers over the same memory, in place. */
export function restoreBlobs(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) fields[key] = restoreBlobs(fields[key]);
  return value;
}
