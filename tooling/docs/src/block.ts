/** One fenced TypeScript block of a document. */
export interface Block {
  /** Relative to the repository's root. */
  readonly document: string;
  /** Of the opening fence, counted from 1. */
  readonly line: number;
  readonly code: string;
  /** False after `no-run` on the fence: then the block is only type-checked. */
  readonly isRun: boolean;
}

/** The TypeScript blocks of a Markdown text, in their order. @throws {Error} a fence that is not closed */
export function blocksOf(document: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { info: string; line: number; code: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(text);
    if (fence === null) open?.code.push(text);
    else if (open === undefined) open = { info: fence[1]!.trim(), line: index + 1, code: [] };
    else {
      const { info, line, code } = open;
      if (/^ts\b/.test(info)) {
        blocks.push({ document, line, code: `${code.join('\n')}\n`, isRun: !info.includes('no-run') });
      }
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${document}:${open.line}: a fence that is not closed`);
  return blocks;
}
