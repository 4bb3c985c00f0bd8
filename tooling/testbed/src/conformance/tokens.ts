let made = 0;

/** Unlike any other of this process, of one length: queries that differ in it only cost the same bytes. */
export function freshToken(): string {
  made++;
  return `token-${process.pid.toString(36).padStart(6, '0')}-${made.toString(36).padStart(6, '0')}`;
}
