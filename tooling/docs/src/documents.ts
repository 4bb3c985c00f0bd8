import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blocksOf, type Block } from './block.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PLACES = ['*.md', 'docs/*.md', 'docs/guides/*.md', 'packages/*/README.md', 'packages/*/docs/*.md'];

/** Every TypeScript block that a user may copy. */
export function allBlocks(): Block[] {
  const documents = PLACES.flatMap((place) => globSync(place, { cwd: root })).toSorted();
  return documents.flatMap((document) => blocksOf(document, readFileSync(join(root, document), 'utf8')));
}
