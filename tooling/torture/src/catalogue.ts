import { readdir } from 'node:fs/promises';
import type { Program } from './program.ts';

export interface Entry {
  readonly url: string;
  readonly program: Program;
}

const CLASSES = new URL('./classes/', import.meta.url);

/** Every bug class, in the order of their numbers. */
export async function loadCatalogue(): Promise<Entry[]> {
  const files = (await readdir(CLASSES)).filter((file) => file.endsWith('.ts')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const { href: url } = new URL(file, CLASSES);
      const { program } = (await import(url)) as { program: Program };
      return { url, program };
    }),
  );
}
