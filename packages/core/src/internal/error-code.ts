/** What may be said of a driver's error in a message: its code or name, never its text, which can hold data (P24). */
export function errorCode(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string' || typeof code === 'number') return String(code);
  return typeof name === 'string' ? name : typeof error;
}
