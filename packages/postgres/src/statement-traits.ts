// Owns what the text of a statement, and the tag with which the server completes it, say of the session.

/** Bits: what a statement does to the session that outlives it. */
export const CHANGES_SESSION = 1;
/** SQL's own PREPARE or DEALLOCATE. */
export const CHANGES_STATEMENTS = 2;
export const LISTENS = 4;
export const LOCKS_SESSION = 8;

const LISTEN = /^\s*listen\b/i;
const SESSION_LOCK = /\bpg_(?:try_)?advisory_lock(?:_shared)?\b/i;
// What hides in a SELECT, or has the tag of one.
const HIDDEN =
  /\b(?:set_config|nextval|setval|pg_temp|(?:into|create)\s+(?:local\s+|global\s+)?temp(?:orary)?)\b/i;

/** Texts whose traits are remembered; longer ones are read each time. */
const REMEMBERED = 1_000;
const LONGEST = 2_000;
const traits = new Map<string, number>();

/** What the text shows. It cannot show what a function does. */
export function traitsOfText(text: string): number {
  const known = traits.get(text);
  if (known !== undefined) return known;
  const found = readText(text);
  if (text.length > LONGEST) return found;
  if (traits.size >= REMEMBERED) traits.clear();
  traits.set(text, found);
  return found;
}

function readText(text: string): number {
  let found = 0;
  if (HIDDEN.test(text)) found |= CHANGES_SESSION;
  if (SESSION_LOCK.test(text)) found |= CHANGES_SESSION | LOCKS_SESSION;
  // Its tag tells of the rest, once it has happened.
  if (LISTEN.test(text)) found |= LISTENS;
  return found;
}

// What leaves the session as it was. CREATE is not among them: the table may be temporary.
const HARMLESS = new Set([
  'ANALYZE',
  'BEGIN',
  'CLOSE',
  'COMMENT',
  'COMMIT',
  'COPY',
  'DELETE',
  'EXPLAIN',
  'FETCH',
  'GRANT',
  'INSERT',
  'LOCK',
  'MERGE',
  'MOVE',
  'NOTIFY',
  'REFRESH',
  'RELEASE',
  'REINDEX',
  'REVOKE',
  'ROLLBACK',
  'SAVEPOINT',
  'SELECT',
  'SHOW',
  'START',
  'TRUNCATE',
  'UPDATE',
  'VACUUM',
]);

/** What a completed command did. Every tag that is not known to be harmless counts as a change. */
export function traitsOfTag(tag: string): number {
  // The usual ones first, without cutting the tag up.
  if (tag.startsWith('SELECT') || tag.startsWith('INSERT') || tag.startsWith('UPDATE')) return 0;
  const end = tag.indexOf(' ');
  const verb = end === -1 ? tag : tag.slice(0, end);
  if (HARMLESS.has(verb)) return 0;
  if (verb === 'LISTEN') return CHANGES_SESSION | LISTENS;
  if (verb === 'PREPARE' || verb === 'DEALLOCATE' || tag === 'DISCARD ALL') {
    return CHANGES_SESSION | CHANGES_STATEMENTS;
  }
  return CHANGES_SESSION;
}
